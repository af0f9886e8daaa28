import { randomBytes } from 'node:crypto';
import { unknownValue } from '@pulumi/pulumi/runtime/rpc.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverSideApply } from '../../kit/kubernetes/apply.ts';
import { createClient, createKubernetesClient, type KubernetesClient, resourcePath } from '../../kit/kubernetes/client.ts';
import { eventually } from './eventually.ts';
import { clusterFolders } from './machine/folders.ts';
import { IGNORED } from './pulumi/provider/ignored.ts';
import { Objects } from './pulumi/provider/objects.ts';
import { createKubernetesProvider, type ProviderOptions, type State } from './pulumi/provider/provider.ts';
import { type Properties, secret } from './pulumi/provider/values.ts';

const { kubeconfig } = clusterFolders();
const suffix = randomBytes(3).toString('hex');
const namespace = `pulumi-provider-${suffix}`;
const group = `pulumi-${suffix}.example.com`;
const URN = 'urn:pulumi:dev::test::kubernetes:any::name';
const namespacePath = resourcePath({ version: 'v1', plural: 'namespaces' });
let client: KubernetesClient;

beforeAll(async () => {
  client = await createKubernetesClient({ kubeconfig });
  await client.request('POST', namespacePath, { body: { metadata: { name: namespace } } });
});
afterAll(async () => {
  await client.request('DELETE', `${namespacePath}/${namespace}`);
  await client.close();
});

const provider = (options: Partial<ProviderOptions> = {}) => createKubernetesProvider({ objects: new Objects(() => Promise.resolve(client)), ...options });
const core = (plural: string, name: string) => resourcePath({ version: 'v1', plural, namespace, name });
const apps = (name: string) => resourcePath({ group: 'apps', version: 'v1', plural: 'deployments', namespace, name });
const create = async (inputs: Properties, options?: Partial<ProviderOptions>) => (await provider(options).create(URN, inputs)).outs as State;
const diff = (olds: State, news: Properties, options?: Partial<ProviderOptions>) => provider(options).diff('', URN, olds, news);
const read = <T>(path: string) => client.request<T>('GET', path);

/** Once the cluster has written all of its own onto a Deployment: a diff reads it twice. */
const settled = (name: string) =>
  eventually(
    async () => {
      const { metadata, status } = await read<{ metadata: { generation: number }; status: { observedGeneration?: number } }>(apps(name));
      return status.observedGeneration === metadata.generation;
    },
    () => `the cluster did not take note of the Deployment ${name}`,
  );

const configMap = (name: string, more: object = { data: { on: 'yes' } }) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, ...more });
const deployment = (name: string, more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: {
    selector: { matchLabels: { app: name } },
    // Runs nowhere: only its numbers matter.
    template: { metadata: { labels: { app: name } }, spec: { nodeSelector: { nowhere: 'yes' }, containers: [{ name: 'main', image: 'localhost/none' }] } },
    ...more,
  },
});
const widget = (name: string, more: object = {}) => ({ apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name, namespace, ...more }, spec: { size: 1 } });
const widgetCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `widgets.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
/** As if there were no cluster. */
const nowhere = async () => createClient({ server: 'https://127.0.0.1:1', current: () => Promise.resolve({ tls: {} }), refused: () => undefined }, 1_000);

test('what was created is there, unchanged it is no difference, and after its deletion it is gone', async () => {
  const inputs = configMap('life');
  const { id, outs } = (await provider().create(URN, inputs)) as { id: string; outs: State };
  expect(id).toBe(`${namespace}/life`);
  expect(await read(core('configmaps', 'life'))).toMatchObject({ data: { on: 'yes' } });
  expect(await diff(outs, inputs)).toEqual({ changes: false });
  await provider().delete(id, URN, outs);
  await expect(read(core('configmaps', 'life'))).rejects.toMatchObject({ status: 404 });
  // Who deletes twice has not failed.
  await provider().delete(id, URN, outs);
});

test('a create fails where the object is there already, says whose it is, and changes nothing', async () => {
  await serverSideApply(client, core('configmaps', 'taken'), configMap('taken', { data: { owner: 'them' } }), { fieldManager: 'their-tool' });
  await expect(create(configMap('taken'))).rejects.toThrow(
    `v1 ConfigMap ${namespace}/taken: AlreadyExists: configmaps "taken" already exists; its fields are managed by their-tool`,
  );
  expect(await read(core('configmaps', 'taken'))).toMatchObject({ data: { owner: 'them' } });
});

test('an update that the API server refuses says why, with the object', async () => {
  const olds = await create(deployment('wrong'));
  await expect(provider().update('', URN, olds, deployment('wrong', { replicas: -1 }))).rejects.toThrow(
    /^apps\/v1 Deployment pulumi-provider-\w+\/wrong: Invalid: .*spec\.replicas/,
  );
});

test('other data of a ConfigMap plans its replacement, the old one first, unless ConfigMaps may change', async () => {
  const olds = await create(configMap('settings'));
  const news = configMap('settings', { data: { on: 'no' } });
  expect(await diff(olds, news)).toEqual({ changes: true, replaces: ['data'], deleteBeforeReplace: true });
  expect(await diff(olds, news, { enableConfigMapMutable: true })).toEqual({ changes: true });
  await provider().update('', URN, olds, news);
  expect(await read(core('configmaps', 'settings'))).toMatchObject({ data: { on: 'no' } });
});

test.each([
  ['selector of a Deployment', deployment('fixed'), { ...deployment('fixed').spec, selector: { matchLabels: { app: 'b' } } }],
  ['roleRef of a RoleBinding', roleBinding('a'), roleBinding('b').roleRef],
])('what never changes plans a replacement, the old one first: %s', async (_what, inputs: Properties, changed) => {
  const field = 'spec' in inputs ? 'spec' : 'roleRef';
  const template = { metadata: { labels: { app: 'b' } }, spec: deployment('fixed').spec.template.spec };
  const news = { ...inputs, [field]: field === 'spec' ? { ...(changed as object), template } : changed };
  expect(await diff(await create(inputs), news)).toEqual({ changes: true, replaces: [field], deleteBeforeReplace: true });
});

test('another name or namespace is another object, the new one first', async () => {
  const olds = await create(configMap('before'));
  expect(await diff(olds, configMap('after'))).toEqual({ changes: true, replaces: ['metadata'] });
});

test('replicas that are not given are left to whom they belong', async () => {
  const olds = await create(deployment('scaled'));
  await client.request('PATCH', `${apps('scaled')}/scale`, { body: { spec: { replicas: 7 } }, contentType: 'application/merge-patch+json' });
  await settled('scaled');
  expect(await diff(olds, deployment('scaled'))).toEqual({ changes: false });
  await provider().update('', URN, olds, deployment('scaled', { paused: true }));
  expect(await read(apps('scaled'))).toMatchObject({ spec: { replicas: 7, paused: true } });
});

test('replicas that are given and ignored are left to whom they belong, and to nobody before', async () => {
  const inputs = deployment('ignored', { replicas: 2 });
  const news = { ...deployment('ignored', { replicas: 2, paused: true }), [IGNORED]: ['spec.replicas'] };
  const olds = await create(inputs);
  await provider().update('', URN, olds, { ...inputs, [IGNORED]: ['spec.replicas'] });
  expect(await read(apps('ignored'))).toMatchObject({ spec: { replicas: 2 } });
  await client.request('PATCH', `${apps('ignored')}/scale`, { body: { spec: { replicas: 7 } }, contentType: 'application/merge-patch+json' });
  expect(await diff(olds, { ...inputs, [IGNORED]: ['spec.replicas'] })).toEqual({ changes: false });
  expect(await diff(olds, news)).toEqual({ changes: true });
  await provider().update('', URN, olds, news);
  expect(await read(apps('ignored'))).toMatchObject({ spec: { replicas: 7, paused: true } });
});

test('a field that somebody else has taken is a conflict that names the manager, in the preview already', async () => {
  const inputs = deployment('contested', { replicas: 1 });
  const olds = await create(inputs);
  const theirs = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'contested', namespace }, spec: { replicas: 4 } };
  await serverSideApply(client, apps('contested'), theirs, { fieldManager: 'their-scaler' });
  const conflict = /^apps\/v1 Deployment pulumi-provider-\w+\/contested: Conflict: .*"their-scaler".*\.spec\.replicas/s;
  await expect(diff(olds, inputs)).rejects.toThrow(conflict);
  await expect(provider().update('', URN, olds, inputs)).rejects.toThrow(conflict);
  expect(await read(apps('contested'))).toMatchObject({ spec: { replicas: 4 } });
});

test('a custom resource waits for its kind, and is awaited only where it says what for', async () => {
  const pending = create(widget('first'));
  const crd = await create(widgetCrd);
  try {
    expect(await pending).toMatchObject({ spec: { size: 1 } });
    const waiting = widget('awaited', { annotations: { 'pulumi.com/waitFor': 'condition=Ready' } });
    await expect(create(waiting, { waitTimeoutMs: 300 })).rejects.toMatchObject({
      // It is there: the engine keeps it, or the next `up` would find it taken.
      id: `${namespace}/awaited`,
      reasons: [expect.stringContaining('did not get its condition Ready within 0.3 s')],
    });
    const path = resourcePath({ group, version: 'v1', plural: 'widgets', namespace, name: 'awaited', subresource: 'status' });
    const ready = client.request('PATCH', path, {
      body: { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
      contentType: 'application/merge-patch+json',
    });
    await ready;
    await provider().update('', URN, { __inputs: waiting }, waiting);
  } finally {
    await provider().delete('', URN, crd);
  }
});

test('with no cluster, and with no kind, only what the program says is compared', async () => {
  const inputs = widget('absent');
  for (const objects of [new Objects(nowhere), new Objects(() => Promise.resolve(client))]) {
    expect(await diff({ __inputs: inputs }, inputs, { objects })).toEqual({ changes: false });
    expect(await diff({ __inputs: inputs }, { ...inputs, spec: { size: 2 } }, { objects })).toEqual({ changes: true });
  }
  expect(await provider({ objects: new Objects(nowhere) }).check(URN, {}, inputs)).toEqual({ inputs, failures: [] });
  await expect(create(inputs, { objects: new Objects(nowhere) })).rejects.toThrow(/Widget .*absent: Unreachable: .*127\.0\.0\.1:1/);
});

test('a value that is not known yet is a change of its object, and of nothing else', async () => {
  const olds = await create(configMap('unknown', { data: { url: 'http://a' } }));
  expect(await diff(olds, configMap('unknown', { data: { url: unknownValue } }))).toEqual({ changes: true });
});

test('what is secret to the program is secret in the state, and what a Secret holds always is', async () => {
  const hidden = secret('hunter2');
  const outs = await create(configMap('hides', { data: { plain: 'yes', password: hidden } }));
  expect(outs).toMatchObject({ data: { plain: 'yes', password: hidden }, __inputs: { data: { password: hidden } } });
  expect(await read(core('configmaps', 'hides'))).toMatchObject({ data: { password: 'hunter2' } });
  const opaque = await create({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'opaque', namespace }, stringData: { key: secret('hunter2') } });
  expect(opaque['data']).toEqual(secret({ key: Buffer.from('hunter2').toString('base64') }));
  expect(JSON.stringify(opaque['stringData'] ?? '')).not.toContain('hunter2');
});

test('a refresh sees the object as it is, and that it is gone', async () => {
  const olds = await create(configMap('seen', { data: { ours: 'a' } }));
  const changed = { data: { ours: 'b', theirs: 'c' } };
  await client.request('PATCH', core('configmaps', 'seen'), { body: changed, contentType: 'application/merge-patch+json' });
  expect(await provider().read('id', URN, olds)).toMatchObject({ id: 'id', props: changed });
  await provider().delete('id', URN, olds);
  expect(await provider().read('id', URN, olds)).toEqual({ id: '', props: {} });
});

test('an object without a name or a kind is refused with the property', async () => {
  const { failures } = await provider().check(URN, {}, { apiVersion: 'v1', metadata: { namespace } });
  expect(failures?.map(({ property }) => property)).toEqual(['kind', 'metadata.name']);
});

function roleBinding(role: string) {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role };
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata: { name: 'bound', namespace }, roleRef, subjects: [] };
}
