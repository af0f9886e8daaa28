import { podPool } from '../../contract/platform.ts';
import type { Measure } from '../measure.ts';
import { watchNoise } from '../quiet.ts';
import { addFunctions, code, first, full, measureCold, removeFunctions, SAMPLES } from './cold/functions.ts';
import { type Answer, type BenchPlatform, openBenchPlatform } from './world.ts';

/** Gateway and scaler have run for a while where anyone waits for them. */
const WARM_UP = Math.min(5, SAMPLES);
const IDLE = 3;

/** Pooled cold starts on real pods, request to response. */
export async function run(): Promise<Measure[]> {
  const platform = await openBenchPlatform({ topic: 'bench-cold' });
  try {
    for (const pack of Object.values(code)) await platform.putPackage(pack);
    return [...(await pooled(platform, 'nodejs')), ...(await pooled(platform, 'python'))];
  } finally {
    await platform.close();
  }
}

/** Each sample is the first request ever to a function of its own, with a pool that is full again. */
async function pooled(platform: BenchPlatform, runtime: keyof typeof code): Promise<Measure[]> {
  const noise = watchNoise();
  await platform.apply(podPool('bench', { runtime, min: IDLE, max: IDLE * 2 + 4, memory: '128Mi' }));
  const answers: Answer[] = [];
  for (let sample = 0; sample < WARM_UP + SAMPLES; sample++) {
    const [name] = await addFunctions(platform, runtime, `${runtime}-${sample}`, 1);
    await full(platform, IDLE, noise);
    answers.push(await first(platform, name as string));
    await removeFunctions(platform, [name as string]);
  }
  await platform.remove('PodPool', 'bench');
  const measured = answers.slice(WARM_UP);
  return [
    measureCold(`pooled cold start on pods, ${runtime}, p50`, measured, 0.5, 20, noise),
    measureCold(`pooled cold start on pods, ${runtime}, p95`, measured, 0.95, 50, noise),
  ];
}
