import { fileURLToPath } from 'node:url';
import * as pulumi from '@pulumi/pulumi';
import { expect, it } from 'vitest';
import { loadStackFresh } from '../constructs/load-fresh.ts';
import { mockEngine } from './fixtures/mock-engine.ts';
import { ManifestComponent } from './manifest-component.ts';

it('try', async () => {
  const engine = await mockEngine();
  const { objects } = await loadStackFresh(fileURLToPath(new URL('../examples/cluster/stack.ts', import.meta.url)));
  const c = new ManifestComponent('m', { objects });
  const t = Date.now();
  await pulumi.output([...c.resources.values()].map((r) => r.urn)).apply(async (x) => x);
  await engine.settled();
  console.log(engine.registered.length, objects.length, Date.now() - t, engine.registered.slice(-4).map((x) => JSON.stringify(x)));
});
