import { fileURLToPath } from 'node:url';
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

it.each([
  ['two objects of one id', [synth(config('a'), 'shop/a'), synth(config('a'), 'shop/b')], {}, /ConfigMap\/shop\/a is there twice: also at shop\/a/],
  [
    'a former id of no object',
    [synth(config('settings'))],
    { 'ConfigMap/shop/setings': 'ConfigMap/shop/a' },
    /no object ConfigMap\/shop\/setings; did you mean ConfigMap\/shop\/settings/,
  ],
  ['a former id that is there still', [synth(config('a')), synth(config('b'))], { 'ConfigMap/shop/b': 'ConfigMap/shop/a' }, /which is there still/],
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
