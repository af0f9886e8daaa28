import { Agent, get } from 'node:http';
import { functionObject, httpTrigger, NAMESPACE, packageOf, type Platform, podPool, startPlatform } from '../contract/platform.ts';
import type { Measure } from './measure.ts';
import { quantile } from './quantile.ts';
import { type NoiseWatch, watchNoise } from './quiet.ts';

const SAMPLES = 100;
/** Gateway and scaler have run for a while where anyone waits for them. */
const WARM_UP = 15;
const BURST = 20;
const BURST_ROUNDS = 5;
/** For the machine to become quiet, each time. */
const PATIENCE_MS = 1500;

/** A package of a quarter of a megabyte, most of it never read. */
const ballast = 'x'.repeat(256 * 1024);
const code = {
  nodejs: packageOf({ 'index.js': 'export const handler = () => ({ hello: process.env.NAME });', 'data.txt': ballast }),
  python: packageOf({ 'main.py': 'import os\n\ndef handler(event, context):\n    return {"hello": os.environ["NAME"]}\n', 'data.txt': ballast }),
};

/** Pooled cold starts, request to response, through a real gateway, scaler and watchers. */
export async function run(): Promise<Measure[]> {
  const measures: Measure[] = [];
  for (const runtime of ['nodejs', 'python'] as const) {
    const noise = watchNoise();
    const samples = await oneByOne(runtime, noise);
    measures.push(
      measure(`pooled cold start, ${runtime}, p50`, quantile(samples, 0.5), 15, noise),
      measure(`pooled cold start, ${runtime}, p95`, quantile(samples, 0.95), 30, noise),
    );
  }
  const noise = watchNoise();
  measures.push(measure(`${BURST} functions cold at once, p99`, quantile(await atOnce(noise), 0.99), 150, noise));
  return measures;
}

function measure(name: string, value: number, budget: number, noise: NoiseWatch): Measure {
  const ok = value <= budget;
  const reason = ok ? undefined : noise.reason();
  return { name, value: Math.round(value * 100) / 100, unit: 'ms', budget, ok, ...(reason !== undefined && { reason }) };
}

/** Each sample is the first request ever to a function of its own, with a pool that is full again. */
async function oneByOne(runtime: keyof typeof code, noise: NoiseWatch): Promise<number[]> {
  const names = Array.from({ length: WARM_UP + SAMPLES }, (_, index) => `fn-${index}`);
  const platform = await startWith(runtime, names, 3);
  try {
    const samples: number[] = [];
    for (const name of names) {
      await settled(platform, 3, noise);
      samples.push(await timed(platform, name));
      await platform.store.remove('Function', NAMESPACE, name);
    }
    return samples.slice(WARM_UP);
  } finally {
    await platform.close();
  }
}

async function atOnce(noise: NoiseWatch): Promise<number[]> {
  const names = Array.from({ length: BURST * (BURST_ROUNDS + 1) }, (_, index) => `fn-${index}`);
  const platform = await startWith('nodejs', names, BURST);
  try {
    const samples: number[] = [];
    for (let round = 0; round <= BURST_ROUNDS; round++) {
      const mine = names.slice(round * BURST, (round + 1) * BURST);
      await settled(platform, BURST, noise);
      samples.push(...(await Promise.all(mine.map((name) => timed(platform, name)))));
      for (const name of mine) await platform.store.remove('Function', NAMESPACE, name);
    }
    return samples.slice(BURST);
  } finally {
    await platform.close();
  }
}

function startWith(runtime: keyof typeof code, names: readonly string[], idle: number): Promise<Platform> {
  const pkg = code[runtime];
  const functions = names.flatMap((name) => [
    functionObject(name, pkg, { runtime, env: { NAME: name }, deployment: { type: 'hot', pool: 'bench' } }),
    httpTrigger(name),
  ]);
  return startPlatform({ compiled: true, packages: [pkg], objects: [podPool('bench', { runtime, min: idle, max: idle * 2 + 4 }), ...functions] });
}

/** The pool is full, nothing of the sample before is left, and the processors are quiet. */
async function settled(platform: Platform, idle: number, noise: NoiseWatch): Promise<void> {
  await platform.until(({ pools }) => pools[0]?.idle === idle && pools[0].starting === 0 && pools[0].leased === 0, 60_000);
  await noise.quiet(PATIENCE_MS);
}

const agent = new Agent({ keepAlive: true });

/** Milliseconds from the request to the last byte of its answer. @throws Error for a wrong answer */
async function timed(platform: Platform, name: string): Promise<number> {
  const started = performance.now();
  const { status, body } = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    get(`${platform.gateways[0]?.url}/${name}`, { agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
    }).on('error', reject);
  });
  const ms = performance.now() - started;
  if (status !== 200 || (JSON.parse(body) as { hello: string }).hello !== name) throw new Error(`${name} answered ${status} ${body}`);
  return ms;
}
