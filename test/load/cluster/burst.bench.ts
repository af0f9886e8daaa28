import { podPool } from '../../contract/platform.ts';
import type { Measure } from '../measure.ts';
import { watchNoise } from '../quiet.ts';
import { addFunctions, code, first, full, measureCold, removeFunctions } from './cold/functions.ts';
import { type BenchPlatform, openBenchPlatform } from './world.ts';

/** Nodes of the test cluster carry this many small pods, and half as many that fill the pool again. */
const BURST = 50;
const WARM_UP = 4;

/** As many functions as the pool has instances, all asked for at the same moment. */
export async function run(): Promise<Measure[]> {
  const platform = await openBenchPlatform({ topic: 'bench-burst' });
  try {
    await platform.putPackage(code.nodejs);
    await warmUp(platform);
    const noise = watchNoise();
    await platform.apply(podPool('bench', { min: BURST, max: BURST * 1.5, memory: '128Mi' }));
    const names = await addFunctions(platform, 'nodejs', 'burst', BURST);
    await full(platform, BURST, noise);
    const answers = await Promise.all(names.map((name) => first(platform, name)));
    return [measureCold(`${BURST} functions cold at once, pool of ${BURST}, p99`, answers, 0.99, 500, noise)];
  } finally {
    await platform.close();
  }
}

/** Gateways and scaler have done it before, in small. */
async function warmUp(platform: BenchPlatform): Promise<void> {
  const noise = watchNoise();
  await platform.apply(podPool('bench', { min: WARM_UP, max: WARM_UP, memory: '128Mi' }));
  const names = await addFunctions(platform, 'nodejs', 'warm-up', WARM_UP);
  await full(platform, WARM_UP, noise);
  await Promise.all(names.map((name) => first(platform, name)));
  await removeFunctions(platform, names);
}
