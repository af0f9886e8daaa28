import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadApp } from '../../cli/cluster/load-app.ts';
import { loadStack } from '../../constructs/loader.ts';
import { idOf } from '../../constructs/synth/group-kind.ts';
import type { KubernetesObject } from '../../constructs/synth/object.ts';
import { writeSynth } from '../../constructs/synth/write.ts';
import { mockEngine } from '../../stacks/fixtures/mock-engine.ts';
import { plainObjects } from '../../stacks/fixtures/plain.ts';
import { ManifestComponent } from '../../stacks/index.ts';
import { resourceType } from '../../stacks/resource-type.ts';
import { ROOT } from './cli-world/project.ts';

const examples = readdirSync(join(ROOT, 'examples')).filter((name) => existsSync(join(ROOT, 'examples', name, 'stack.ts')));
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fib-parity-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test.each(examples)('examples/%s comes to the same objects in a git tree, by Pulumi and by fib deploy', async (example) => {
  const file = join(ROOT, 'examples', example, 'stack.ts');
  const result = await loadStack(file);
  writeSynth(join(dir, example), result);
  const engine = await mockEngine();
  new ManifestComponent(example, { objects: result.objects });
  await engine.settled();
  const { objects: deployed } = await loadApp(ROOT, file, { env: 'dev', config: [] }, { note: () => undefined });

  const tree = byId(manifestsBelow(join(dir, example)));
  expect(plainObjects(engine.registered, example)).toEqual(tree);
  expect(byId(deployed.map(({ object }) => object))).toEqual(tree);
  expect(tree.size).toBeGreaterThan(3);
});

/** In the form of `plainObjects`; what is undefined is in no manifest. */
function byId(objects: readonly KubernetesObject[]): Map<string, unknown> {
  return new Map(objects.map((object) => [idOf(object), { type: resourceType(object), ...(JSON.parse(JSON.stringify(object)) as object) }]));
}

function manifestsBelow(folder: string): KubernetesObject[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => /^\w+\/[^/]+\/[^/]+\.yaml$/.test(path));
  return files.map((path) => parse(readFileSync(join(folder, path), 'utf8')) as KubernetesObject);
}
