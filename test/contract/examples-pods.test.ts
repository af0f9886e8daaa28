import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expandWorkloads } from '../../cli/render/expand.ts';
import { loadStackFresh } from '../../constructs/load-fresh.ts';
import { restrictedProblems } from '../../constructs/platform/fixtures/restricted.ts';
import { ROOT } from './cli-world/project.ts';

const EXAMPLES = join(ROOT, 'examples');
const NAMES = readdirSync(EXAMPLES).filter((name) => existsSync(join(EXAMPLES, name, 'stack.ts')));

/** Specs of pods, wherever an object has them: a Pod, the template of a Deployment, that of a CronJob's Job. */
function podSpecs(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return 'containers' in value && Array.isArray(value.containers) ? [value] : Object.values(value).flatMap(podSpecs);
}

it.each(NAMES)('examples/%s: every pod, those of functions too, keeps to the restricted Pod Security Standard', async (example) => {
  const { objects } = await loadStackFresh(join(EXAMPLES, example, 'stack.ts'));
  const all = [...objects.map(({ object }) => object), ...expandWorkloads(objects)];
  const pods = all.flatMap((object) => podSpecs(object).map((spec) => ({ id: `${object.kind}/${object.metadata.name}`, spec })));
  expect(pods.flatMap(({ id, spec }) => restrictedProblems(spec).map((problem) => `${id}: ${problem}`))).toEqual([]);
  expect(pods.length).toBeGreaterThan(0);
});
