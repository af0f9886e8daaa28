import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKubernetesClient, type KubernetesClient, resourcePath } from '../../kit/kubernetes/client.ts';
import { createKubernetesStore } from '../../kit/store/kubernetes.ts';
import { silentLog } from '../../kit/log.ts';
import { type AnyResource, KINDS, type KindName, type RevisionResource } from '../../protocol/schema/resources.ts';
import { sampleFunction } from '../../protocol/schema/sample.ts';
import { edgeCases } from './crd-world/edge-cases.ts';
import { applyCrds } from './crd-world/apply-crds.ts';
import { type Mutation, mutations } from './crd-world/mutations.ts';
import { sampleObjects } from './crd-world/samples.ts';
import { ownVerdict, serverVerdict } from './crd-world/verdict.ts';
import { clusterFolders } from './machine/folders.ts';

const namespace = `crd-${randomBytes(3).toString('hex')}`;
/** Where nothing is stored, so that a name is never taken. */
const empty = `${namespace}-empty`;
const { kubeconfig, bin } = clusterFolders();
const samples = sampleObjects(namespace);
const KIND_NAMES = Object.keys(KINDS) as KindName[];
let client: KubernetesClient;

beforeAll(async () => {
  client = await createKubernetesClient({ kubeconfig });
  for (const name of [namespace, empty]) await client.request('POST', resourcePath({ version: 'v1', plural: 'namespaces' }), { body: { metadata: { name } } });
  await applyCrds(client);
});
afterAll(async () => {
  for (const name of [namespace, empty]) await client.request('DELETE', resourcePath({ version: 'v1', plural: 'namespaces', name }));
  await client.close();
});

const kubectl = (...args: string[]) =>
  execFileSync(join(bin, 'kubectl'), ['--kubeconfig', kubeconfig, '-n', namespace, ...args], { encoding: 'utf8', stdio: 'pipe' });
const apply = (object: object) => createKubernetesStore({ client, namespaces: [namespace], log: silentLog }).apply(object as AnyResource);

describe('the CRDs on a real API server', () => {
  it('have their names, short names, category and subresources', async () => {
    interface Found {
      readonly name: string;
      readonly kind: string;
      readonly shortNames?: string[];
      readonly categories?: string[];
    }
    const { resources } = await client.request<{ resources: Found[] }>('GET', '/apis/fibonacci.dev/v1alpha1');
    for (const kind of KIND_NAMES) {
      const { plural, shortName } = KINDS[kind];
      expect(resources.find(({ name }) => name === plural)).toMatchObject({ kind, shortNames: [shortName], categories: ['fibonacci'] });
      expect(resources.map(({ name }) => name)).toContain(`${plural}/status`);
    }
    expect(resources.map(({ name }) => name).filter((name) => name.endsWith('/scale'))).toEqual(['podpools/scale']);
  });

  it('show their columns to kubectl, by short name and by category', async () => {
    for (const object of [samples['cold Function'], samples['http Trigger'], samples['PodPool'], samples['rule on CPU']]) await apply(object ?? {});
    const store = createKubernetesStore({ client, namespaces: [namespace], log: silentLog });
    const condition = {
      type: 'Ready',
      status: 'True' as const,
      reason: 'Ready',
      message: '',
      observedGeneration: 1,
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    const url = 'http://fibonacci-gateway.fibonacci-system/a';
    await store.applyStatus('Function', namespace, 'sample', { readyReplicas: 2, conditions: [condition], url, revision: 'sample-1' });
    expect(kubectl('get', 'fibfn').split('\n').map(words)).toEqual([
      ['NAME', 'RUNTIME', 'DEPLOYMENT', 'SERVING', 'READY', 'URL', 'AGE'],
      ['sample', 'nodejs', 'cold', '2', 'True', url, expect.stringMatching(/^\d+s$/)],
      [],
    ]);
    expect(words(kubectl('get', 'fibtrig').split('\n')[0] ?? '')).toEqual(['NAME', 'FUNCTION', 'PATH', 'SCHEDULE', 'ACCEPTED', 'AGE']);
    expect(words(kubectl('get', 'fibpool').split('\n')[0] ?? '')).toEqual(['NAME', 'RUNTIME', 'MIN', 'MAX', 'IDLE', 'LEASED', 'AGE']);
    expect(words(kubectl('get', 'fibrule').split('\n')[0] ?? '')).toEqual(['NAME', 'FUNCTIONS', 'READY', 'AGE']);
    expect(kubectl('get', 'fibonacci', '-o', 'name').trim().split('\n')).toHaveLength(4);
    expect(kubectl('describe', 'fibfn', 'sample')).toContain('Last Transition Time');
  });

  it('fill in what has a default, as the constructs do', async () => {
    const full = sampleFunction('sample', { deployment: { type: 'hot', pool: 'p' } }, namespace);
    const least = {
      ...full,
      spec: { runtime: 'nodejs', handler: full.spec.handler, package: full.spec.package, deployment: { type: 'hot', pool: 'p' }, scaling: {} },
    };
    // What a container may not have cannot be filled in; who reads it knows what it is without.
    const { signature: _signature, mode: _mode, ...expected } = full.spec;
    const query = { dryRun: 'All', fieldValidation: 'Strict' };
    const filled = await client.request<AnyResource>('POST', resourcePath({ group: 'fibonacci.dev', version: 'v1alpha1', plural: 'functions', namespace }), {
      query,
      body: { ...least, metadata: { name: 'least', namespace } },
    });
    expect(filled.spec).toEqual(expected);
  });

  it('let kubectl scale a pool within its bounds', async () => {
    await apply(samples['PodPool'] ?? {});
    kubectl('scale', 'fibpool/sample', '--replicas=4');
    expect(kubectl('get', 'fibpool', 'sample', '-o', 'jsonpath={.spec.min}')).toBe('4');
    expect(() => kubectl('scale', 'fibpool/sample', '--replicas=6')).toThrow('min (6) must not exceed max (5)');
  });

  it('keep a Revision as it was made', async () => {
    const { metadata } = await apply(samples['cold Function'] ?? {});
    const sample = samples['Revision'] as RevisionResource;
    const revision = (await apply({ ...sample, spec: { ...sample.spec, functionUid: metadata.uid } })) as RevisionResource;
    const changed = { ...revision, spec: { ...revision.spec, generation: 2 } };
    const verdict = ['spec: a Revision is immutable; change the Function instead'];
    expect(await serverVerdict(client, changed, 'Revision', true)).toEqual(verdict);
    expect(ownVerdict(changed, 'Revision', revision)).toEqual(verdict);
  });
});

describe('the API server and our own validation give one verdict: same fields, and the same words for rules across fields', () => {
  const generated = Object.entries(sampleObjects(empty)).flatMap(([name, object]): Mutation[] => [{ name, object }, ...mutations(name, object)]);

  it.each([
    ['every field of every kind, wrong in every way', generated, 600],
    ['metadata, rules across fields and what nobody thinks of', edgeCases(empty), 90],
  ])('%s', async (_name, cases, least) => {
    const results = await Promise.all(
      cases.map(async ({ name, object }) => {
        const { kind } = object as AnyResource;
        return { name, server: await serverVerdict(client, object, kind), own: ownVerdict(object, kind) };
      }),
    );
    expect(results.filter(({ server, own }) => JSON.stringify(server) !== JSON.stringify(own))).toEqual([]);
    expect(results.length).toBeGreaterThanOrEqual(least);
    expect(results.filter(({ server }) => server.length === 0).length).toBeGreaterThan(20);
    expect(results.filter(({ server }) => server.some((line) => line.includes(': '))).length).toBeGreaterThanOrEqual(7);
  });
});

function words(line: string): string[] {
  return line.split(/\s+/).filter((word) => word !== '');
}
