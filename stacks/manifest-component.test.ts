import * as pulumi from '@pulumi/pulumi';
import { expect, test } from 'vitest';
import { ManifestComponent } from './manifest-component.ts';
import { idOf, phaseOf } from '../constructs/synth/group-kind.ts';
import type { KubernetesObject, SynthObject } from '../constructs/synth/object.ts';

test('x', async () => {
  const seen: any[] = [];
  await pulumi.runtime.setMocks({ newResource: (args) => { seen.push(args); return { id: args.name, state: args.inputs }; }, call: () => ({}) });
  const o: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
  const s: SynthObject = { id: idOf(o), path: 'x', object: o, phase: phaseOf(o), tree: 'functions', deps: [] };
  const c = new ManifestComponent('m', { objects: [s] });
  await new Promise((resolve) => pulumi.all([...c.resources.values()].map((r) => r.urn)).apply(resolve));
  console.log(JSON.stringify(seen, null, 1));
  expect(seen.length).toBe(2);
});
