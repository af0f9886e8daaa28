import { expect, it } from 'vitest';
import type { SynthObject } from '../../constructs/synth/object.ts';
import { packageConfigMapName, DIGEST_ANNOTATION } from '../../protocol/package-config-map.ts';
import { findLargePackages } from './large-packages.ts';

const [SMALL, LARGE] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`];
const packages = new Map([
  [SMALL, Buffer.from('small')],
  [LARGE, Buffer.from('large')],
]);
const synth = (object: SynthObject['object'], path = 'shop'): SynthObject => ({
  id: `${object.kind}/${object.metadata.namespace}/${object.metadata.name}`,
  path,
  object,
  phase: 'resource',
  tree: 'functions',
  deps: [],
});
const fn = (name: string, digest: string) =>
  synth(
    { apiVersion: 'fibonacci.dev/v1alpha1', kind: 'Function', metadata: { name, namespace: 'shop' }, spec: { package: { digest, size: 5 } } },
    `shop/${name}`,
  );
const configMap = synth({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: packageConfigMapName(SMALL), namespace: 'shop', annotations: { [DIGEST_ANNOTATION]: SMALL } },
});

it('code goes to the artifact service where no ConfigMap holds it, once however many functions have it', () => {
  const objects = [configMap, fn('a', SMALL), fn('b', LARGE), fn('c', LARGE)];
  expect(findLargePackages({ objects, packages }).map(({ digest }) => digest)).toEqual([LARGE]);
});
