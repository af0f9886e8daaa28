import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { LABELS } from '../../protocol/names.ts';
import { ManifestComponent } from '../../stacks/index.ts';
import { configMap, createPulumiWorld, manifestOf, namespaceObject, OTHERS, type PulumiWorld } from './pulumi/world.ts';

// At once, they keep the machine busy.
vi.setConfig({ testTimeout: 300_000 });
let world: PulumiWorld;
beforeAll(async () => void (world = await createPulumiWorld()), 900_000);
afterAll(async () => world?.close());

test.concurrent('what somebody else has is not taken: the create fails, and destroy leaves it', async () => {
  const namespace = await world.namespace();
  await world.create(configMap(namespace, { owner: 'them' }));
  const stack = await world.engine.stack('taken', async () => {
    new ManifestComponent('ours', manifestOf(configMap(namespace, { owner: 'us' })));
  });
  await expect(stack.up()).rejects.toThrow('configmaps "settings" already exists');
  await stack.destroy();
  expect(await world.read('configmaps', namespace, 'settings')).toMatchObject({ data: { owner: 'them' } });
});

test.concurrent('a component may change its name: with an alias nothing is replaced, without one its objects are in their own way', async () => {
  const namespace = await world.namespace();
  const named = (name: string, options = {}) => ({
    program: async () => void new ManifestComponent(name, manifestOf(configMap(namespace, { on: 'yes' })), options),
  });
  const stack = await world.engine.stack('renamed', named('before').program);
  await stack.up();
  const before = await world.versions('configmaps', namespace);
  expect(await stack.up(named('after', { aliases: [{ name: 'before' }] }))).toEqual({ same: 3 });
  expect(await world.versions('configmaps', namespace)).toEqual(before);
  await expect(stack.up(named('later'))).rejects.toThrow('configmaps "settings" already exists');
});

test.concurrent('an object that has changed its name is one replacement, where its former id is given', async () => {
  const namespace = await world.namespace();
  const called = (name: string, formerObjectIds = {}) => ({
    program: async () => {
      const object = { ...configMap(namespace, { on: 'yes' }), metadata: { name, namespace } };
      new ManifestComponent('objects', { ...manifestOf(object), formerObjectIds });
    },
  });
  const stack = await world.engine.stack('moved', called('old').program);
  await stack.up();
  const former = { [`ConfigMap/${namespace}/new`]: `ConfigMap/${namespace}/old` };
  expect(await stack.preview(called('new', former))).toEqual({ replace: 1, same: 2 });
  await stack.up(called('new', former));
  expect(Object.keys(await world.versions('configmaps', namespace))).toEqual(expect.not.arrayContaining(['old']));
});

test.concurrent('replicas that the scaler sets stay, whatever else of the Deployment changes', async () => {
  const namespace = await world.namespace();
  const program = (paused: boolean) => async () => {
    new ManifestComponent('pool', manifestOf(deployment(namespace, { paused, replicas: 1 })));
  };
  const stack = await world.engine.stack('scaled', program(false));
  await stack.up();
  await world.merge({ spec: { replicas: 3 } }, 'deployments', namespace, 'pool', 'scale');
  expect(await stack.up()).toEqual({ same: 3 });
  expect(await stack.up({ program: program(true) })).toEqual({ update: 1, same: 2 });
  expect(await world.read('deployments', namespace, 'pool')).toMatchObject({ spec: { paused: true, replicas: 3 } });
});

test.concurrent('a field that somebody else has changed fails the preview of another change, which names them, and nothing is overwritten', async () => {
  const namespace = await world.namespace();
  const labelled = (tier: string) => ({ metadata: { labels: { tier } } });
  const program = (tier: string) => async () => {
    const { metadata, ...object } = configMap(namespace, { on: 'yes' });
    new ManifestComponent('ours', manifestOf({ ...object, metadata: { ...metadata, ...labelled(tier).metadata } }));
  };
  const stack = await world.engine.stack('contested', program('front'));
  await stack.up();
  await world.merge(labelled('theirs'), 'configmaps', namespace, 'settings');
  for (const attempt of [stack.preview, stack.up]) {
    await expect(attempt({ program: program('back') })).rejects.toThrow(new RegExp(`conflict.*"${OTHERS}".*\\.metadata\\.labels\\.tier`, 'is'));
  }
  expect(await world.read('configmaps', namespace, 'settings')).toMatchObject(labelled('theirs'));
});

test.concurrent('what somebody else has removed is missed by a refresh, and made again', async () => {
  const namespace = await world.namespace();
  const object = configMap(namespace, { on: 'yes' });
  const stack = await world.engine.stack('removed', async () => void new ManifestComponent('ours', manifestOf(object)));
  await stack.up();
  await world.remove(object);
  expect(await stack.refresh()).toEqual({ delete: 1, same: 2 });
  expect(await stack.up()).toEqual({ create: 1, same: 2 });
  expect(await world.read('configmaps', namespace, 'settings')).toMatchObject({ data: { on: 'yes' } });
});

test.concurrent('custom resources come after their CRD, in one program, and go before it', async () => {
  const namespace = await world.namespace();
  const group = `${namespace}.example.com`;
  const stack = await world.engine.stack('kinds', async () => {
    const widget = { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'one', namespace }, spec: { size: 1 } };
    new ManifestComponent('all', manifestOf(widget, widgetCrd(group)));
  });
  expect(await stack.preview()).toEqual({ create: 4 });
  expect(await stack.up()).toEqual({ create: 4 });
  expect(await stack.destroy()).toEqual({ delete: 4 });
});

test.concurrent('a namespace that is made by the program holds what comes after it, and goes last', async () => {
  const namespace = world.namespaceName();
  const stack = await world.engine.stack('spaces', async () => {
    new ManifestComponent('all', manifestOf(configMap(namespace, { on: 'yes' }), namespaceObject(namespace)));
  });
  expect(await stack.up()).toEqual({ create: 4 });
  expect(await stack.destroy()).toEqual({ delete: 4 });
  await expect(world.read('namespaces', namespace)).rejects.toMatchObject({ status: 404 });
});

function deployment(namespace: string, spec: object) {
  const labels = { [LABELS.workload]: 'pool' };
  // Runs nowhere: only its numbers matter.
  const template = { metadata: { labels }, spec: { nodeSelector: { nowhere: 'yes' }, containers: [{ name: 'main', image: 'localhost/none' }] } };
  const metadata = { name: 'pool', namespace, labels, annotations: { 'pulumi.com/skipAwait': 'true' } };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { selector: { matchLabels: labels }, template, ...spec } };
}

function widgetCrd(group: string) {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const spec = { group, scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions: [{ name: 'v1', served: true, storage: true, schema }] };
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `widgets.${group}` }, spec };
}
