import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createKubernetesClient, type KubernetesClient, resourcePath } from '../../kit/kubernetes/client.ts';
import { serverSideApply } from '../../kit/kubernetes/apply.ts';
import { silentLog } from '../../kit/log.ts';
import { createKubernetesStore, type KubernetesStore } from '../../kit/store/kubernetes.ts';
import { sampleFunction } from '../../protocol/schema/sample.ts';
import { describeStore, sampleRevision } from '../contract/kubernetes-world/store-laws.ts';
import { applyCrds } from './crd-world/apply-crds.ts';
import { clusterFolders } from './machine/folders.ts';

const { kubeconfig } = clusterFolders();
const suffix = randomBytes(3).toString('hex');
let client: KubernetesClient;
let namespaces: string[] = [];

beforeAll(async () => {
  client = await createKubernetesClient({ kubeconfig });
  await applyCrds(client);
});
afterAll(async () => {
  for (const name of namespaces) await client.request('DELETE', resourcePath({ version: 'v1', plural: 'namespaces', name }));
  await client.close();
});

/** A namespace of its own for each test: the API server keeps nothing of the last one. */
async function createNamespace(): Promise<string> {
  const name = `store-${suffix}-${namespaces.length}`;
  await client.request('POST', resourcePath({ version: 'v1', plural: 'namespaces' }), { body: { metadata: { name } } });
  namespaces = [...namespaces, name];
  return name;
}

const openStore = (...of: string[]) => createKubernetesStore({ client, namespaces: of, log: silentLog });

describeStore('a real API server', async () => {
  const namespace = await createNamespace();
  const [store, other] = [openStore(namespace), openStore(namespace)];
  return {
    store,
    other,
    namespace,
    async close() {
      await Promise.all([store.close(), other.close()]);
    },
  };
});

describe('the store on a real cluster', () => {
  let namespace: string;
  let store: KubernetesStore;
  beforeAll(async () => {
    namespace = await createNamespace();
    store = openStore(namespace);
  });
  afterAll(() => store.close());

  it('deleting a Function leaves no Revision', async () => {
    const { metadata } = await store.apply(sampleFunction('gone', {}, namespace));
    await store.apply(sampleRevision(namespace, 'gone', metadata.uid ?? ''));
    await store.remove('Function', namespace, 'gone');
    await vi.waitFor(async () => expect(await store.list('Revision')).toEqual([]), 20_000);
  });

  it('a Revision that is changed is refused in the words of the rule', async () => {
    const { metadata } = await store.apply(sampleFunction('kept', {}, namespace));
    const revision = sampleRevision(namespace, 'kept', metadata.uid ?? '');
    await store.apply(revision);
    await expect(store.apply({ ...revision, spec: { ...revision.spec, generation: 2 } })).rejects.toMatchObject({
      code: 'SPEC_INVALID',
      message: expect.stringContaining('a Revision is immutable; change the Function instead'),
    });
  });

  it('what people own stays theirs: a status beside a spec that kubectl applied', async () => {
    const { spec } = sampleFunction('mine', {}, namespace);
    const path = resourcePath({ group: 'fibonacci.dev', version: 'v1alpha1', plural: 'functions', namespace, name: 'mine' });
    const mine = { apiVersion: 'fibonacci.dev/v1alpha1', kind: 'Function', metadata: { name: 'mine', namespace }, spec };
    await serverSideApply(client, path, mine, { fieldManager: 'kubectl' });
    await store.applyStatus('Function', namespace, 'mine', { replicas: 1, lastError: { code: 'LOAD_FAILED', message: 'x', time: '2026-01-01T00:00:00Z' } });
    await store.applyStatus('Function', namespace, 'mine', { replicas: 2 });
    expect(await store.get('Function', namespace, 'mine')).toMatchObject({ metadata: { generation: 1 }, status: { replicas: 2 } });
    expect((await store.get('Function', namespace, 'mine'))?.status).toEqual({ replicas: 2 });
    const changed = { ...mine, spec: { ...spec, concurrency: 3 } };
    await serverSideApply(client, path, changed, { fieldManager: 'kubectl', force: false });
  });

  it('no change is lost or told twice while objects are made, changed and removed by the hundred', async () => {
    const seen = new Map<string, number>();
    const wrong: string[] = [];
    const watching = openStore(namespace);
    await watching.watch('PodPool', {
      onSync: (objects) => expect(objects).toEqual([]),
      onEvent: ({ type, object, previous }) => {
        const { name, generation = 0 } = object.metadata;
        if ((previous?.metadata.generation ?? 0) !== (seen.get(name) ?? 0)) wrong.push(`${type} ${name} ${generation}`);
        if (type === 'deleted') seen.delete(name);
        else seen.set(name, generation);
      },
    });
    const pool = (name: string, min: number) =>
      ({
        apiVersion: 'fibonacci.dev/v1alpha1',
        kind: 'PodPool',
        metadata: { name, namespace },
        spec: { runtime: 'nodejs', min, max: 1000, memory: '64Mi' },
      }) as const;
    const names = Array.from({ length: 100 }, (_, index) => `pool-${index}`);
    await Promise.all(
      names.map(async (name, index) => {
        for (let min = 1; min <= 3; min++) await store.apply(pool(name, min));
        if (index % 2 === 0) await store.remove('PodPool', namespace, name);
      }),
    );
    await vi.waitFor(() => expect([...seen.values()]).toEqual(Array.from({ length: 50 }, () => 3)), 10_000);
    await sleep(200);
    expect(wrong).toEqual([]);
    expect(watching.connected).toBe(true);
    await watching.close();
  });
});
