import type { Measure } from '../measure.ts';
import { watchNoise } from '../quiet.ts';
import { addFunctions, code, first, measureCold, PATIENCE_MS, removeFunctions, SAMPLES } from './cold/functions.ts';
import { type Answer, type BenchPlatform, openBenchPlatform } from './world.ts';

const COLD_SAMPLES = Math.ceil(SAMPLES / 5);

/** Cold functions on a cluster: each has a Deployment of its own, which goes from 0 to 1. */
export async function run(): Promise<Measure[]> {
  const platform = await openBenchPlatform({ topic: 'bench-zero' });
  try {
    await platform.putPackage(code.nodejs);
    return [await fromZero(platform)];
  } finally {
    await platform.close();
  }
}

/** A Deployment of its own: no pod waits, the first request has one made. */
async function fromZero(platform: BenchPlatform): Promise<Measure> {
  const noise = watchNoise();
  const answers: Answer[] = [];
  for (let sample = 0; sample < 1 + COLD_SAMPLES; sample++) {
    const name = `zero-${sample}`;
    await addFunctions(platform, 'nodejs', name, 1, { type: 'cold', memory: '128Mi' });
    await noise.quiet(PATIENCE_MS);
    answers.push(await first(platform, `${name}-0`));
    await removeFunctions(platform, [`${name}-0`]);
    await platform.until(({ instances }) => instances.length === 0);
  }
  const measured = answers.slice(1);
  return measureCold(`cold deployment 0 → 1, p50 of ${measured.length}`, measured, 0.5, 2500, noise);
}
