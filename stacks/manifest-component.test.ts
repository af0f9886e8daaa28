import { fileURLToPath } from 'node:url';
import type * as pulumi from '@pulumi/pulumi';
import { expect, it, test } from 'vitest';
import { loadStackFresh } from '../constructs/load-fresh.ts';
import { idOf, phaseOf } from '../constructs/synth/group-kind.ts';
import type { KubernetesObject, SynthObject } from '../constructs/synth/object.ts';
import { mockEngine } from './fixtures/mock-engine.ts';
import { expectedObjects, plainObjects } from './fixtures/plain.ts';
import { ManifestComponent } from './manifest-component.ts';

const synth = (object: KubernetesObject, path = 'shop/a'): SynthObject => ({
  id: idOf(object),
  path,
  object,
  phase: phaseOf(object),
  tree: 'functions',
  deps: [],
});
// As one is once it is registered.
const guard = { __pulumiResourceHook: true, name: 'guard', __registered: Promise.resolve() } as unknown as pulumi.ResourceHook;
const config = (name: string): KubernetesObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'shop' }, data: {} });

test.each(['hello', 'cluster'])(
  'examples/%s comes to the same objects by Pulumi as in manifests, whatever comes first before what needs it',
  async (example) => {
    const engine = await mockEngine();
    const { objects } = await loadStackFresh(fileURLToPath(new URL(`../examples/${example}/stack.ts`, import.meta.url)));
    new ManifestComponent(example, { objects });
    await engine.settled();
    expect(plainObjects(engine.registered, example)).toEqual(expectedObjects(objects));
    const at = (id: string) => engine.registered.findIndex(({ name }) => name === `${example}/${id}`);
    const functions = objects.filter(({ object }) => object.kind === 'Function').map(({ id }) => at(id));
    const before = objects.filter(({ phase, id }) => phase === 'crd' || id === 'Namespace/shop' || id.startsWith('Deployment/')).map(({ id }) => at(id));
    expect(Math.max(-1, ...before)).toBeLessThan(Math.min(...functions));
  },
  30_000,
);

it('tells the provider to wait for functions, unless nobody wants to', async () => {
  const fn = synth({
    apiVersion: 'fibonacci.dev/v1alpha1',
    kind: 'Function',
    metadata: { name: 'a', namespace: 'shop' },
    spec: { secrets: [], package: { digest: 'sha256:0' } },
  });
  const engine = await mockEngine();
  new ManifestComponent('waiting', { objects: [fn] });
  new ManifestComponent('hasty', { objects: [fn], wait: false });
  await engine.settled();
  const annotations = (name: string) => engine.registered.find((one) => one.name === `${name}/Function/shop/a`)?.inputs['metadata'];
  expect(annotations('waiting')).toMatchObject({ annotations: { 'pulumi.com/waitFor': 'condition=Ready' } });
  expect(annotations('hasty')).not.toHaveProperty('annotations');
});

it('the values of a Secret are secret for Pulumi, plain ones, too', async () => {
  const engine = await mockEngine();
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', namespace: 'shop' }, data: { a: 'eA==' }, stringData: { b: 'y' } };
  new ManifestComponent('m', { objects: [synth(secret), synth(config('a'))] });
  await engine.settled();
  const inputs = (name: string) => engine.registered.find((one) => one.name === name)?.inputs;
  // How Pulumi writes a secret down; without its mark the value would be the plain object.
  const marked = (value: object) => ({ '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270', value });
  expect(inputs('m/Secret/shop/keys')).toMatchObject({ data: marked({ a: 'eA==' }), stringData: marked({ b: 'y' }), metadata: { name: 'keys' } });
  expect(inputs('m/ConfigMap/shop/a')?.['data']).toEqual({});
});

it('a guard is asked before the CRDs go, too, which are there after a first `up` that failed', async () => {
  const engine = await mockEngine();
  const crd = (name: string): KubernetesObject => ({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name } });
  const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'fibonacci-gateway', namespace: 'system' } };
  const guardedBy = { ...crd('functions.fibonacci.dev'), spec: { group: 'fibonacci.dev', names: { kind: 'Function' } } };
  const theirs = { ...crd('widgets.example.com'), spec: { group: 'example.com', names: { kind: 'Widget' } } };
  new ManifestComponent('m', { objects: [guardedBy, theirs, budget, config('a')].map((object) => synth(object)), guard });
  await engine.settled();
  expect(engine.guarded.toSorted()).toEqual(['m/CustomResourceDefinition/functions.fibonacci.dev', 'm/PodDisruptionBudget/system/fibonacci-gateway']);
  expect(engine.registered.at(-1)?.name).toBe('m/PodDisruptionBudget/system/fibonacci-gateway');
});

it('a guard where there is no platform is refused, as it would guard nothing', () => {
  expect(() => new ManifestComponent('m', { objects: [synth(config('a'))], guard })).toThrow(
    expect.objectContaining({ code: 'STACK_INVALID', message: expect.stringMatching(/guard has nothing to guard here.*component of the platform/) }),
  );
});

it.each([
  ['two objects of one id', [synth(config('a'), 'shop/a'), synth(config('a'), 'shop/b')], {}, /ConfigMap\/shop\/a is there twice: also at shop\/a/],
  [
    'a former id of no object',
    [synth(config('settings'))],
    { 'ConfigMap/shop/setings': 'ConfigMap/shop/a' },
    /no object ConfigMap\/shop\/setings; did you mean ConfigMap\/shop\/settings/,
  ],
  ['a former id that is there still', [synth(config('a')), synth(config('b'))], { 'ConfigMap/shop/b': 'ConfigMap/shop/a' }, /which is there still/],
  ['a former id of another kind', [synth(config('a'))], { 'ConfigMap/shop/a': 'Secret/shop/a' }, /was Secret\/shop\/a, of another kind.*take the entry out/],
  [
    'a former id of two objects',
    [synth(config('a')), synth(config('b'))],
    { 'ConfigMap/shop/a': 'ConfigMap/shop/x', 'ConfigMap/shop/b': 'ConfigMap/shop/x' },
    /of both ConfigMap\/shop\/a and ConfigMap\/shop\/b/,
  ],
])('refuses %s, before anything is registered', async (_, objects, formerObjectIds, message) => {
  const engine = await mockEngine();
  expect(() => new ManifestComponent('m', { objects, formerObjectIds })).toThrow(message);
  await engine.settled();
  expect(engine.registered).toEqual([]);
});
