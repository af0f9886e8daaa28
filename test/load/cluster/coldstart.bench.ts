import type { FunctionSpec } from '../../../protocol/schema/function.ts';
import type { Runtime } from '../../../protocol/schema/fields.ts';
import { functionObject, httpTrigger, packageOf, podPool } from '../../contract/platform.ts';
import type { Measure } from '../measure.ts';
import { quantile } from '../quantile.ts';
import { type NoiseWatch, watchNoise } from '../quiet.ts';
import { machineLoad } from './machine-load.ts';
import { type Answer, type BenchPlatform, openBenchPlatform } from './world.ts';

const SAMPLES = Number(process.env['FIB_BENCH_SAMPLES'] ?? 40);
/** Gateway and scaler have run for a while where anyone waits for them. */
const WARM_UP = Math.min(5, SAMPLES);
const IDLE = 3;
/** Nodes carry this many small pods beside the platform's own. */
const BURST = 50;
const COLD_SAMPLES = Math.ceil(SAMPLES / 5);
/** For the machine to become quiet, each time. */
const PATIENCE_MS = 3000;
const PHASES = ['queue', 'allocate', 'code', 'dependencies', 'init', 'firstByte'];

/** A package near to what a ConfigMap may hold, most of it never read. */
const ballast = 'x'.repeat(56 * 1024);
const code = {
  nodejs: packageOf({ 'index.js': 'export const handler = () => ({ hello: process.env.NAME });', 'data.txt': ballast }),
  python: packageOf({ 'main.py': 'import os\n\ndef handler(event, context):\n    return {"hello": os.environ["NAME"]}\n', 'data.txt': ballast }),
};

/** Cold starts on real pods, request to response. */
export async function run(): Promise<Measure[]> {
  const platform = await openBenchPlatform({ topic: 'bench-cold' });
  try {
    const measures: Measure[] = [];
    for (const pack of Object.values(code)) await platform.putPackage(pack);
    for (const runtime of ['nodejs', 'python'] as const) measures.push(...(await pooled(platform, runtime)));
    measures.push(await fromZero(platform));
    measures.push(await atOnce(platform));
    return measures;
  } finally {
    await platform.close();
  }
}

/** Each sample is the first request ever to a function of its own, with a pool that is full again. */
async function pooled(platform: BenchPlatform, runtime: Runtime): Promise<Measure[]> {
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
    measure(`pooled cold start on pods, ${runtime}, p50`, measured, 0.5, 20, noise),
    measure(`pooled cold start on pods, ${runtime}, p95`, measured, 0.95, 50, noise),
  ];
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
  return measure(`cold deployment 0 → 1, p50 of ${measured.length}`, measured, 0.5, 2500, noise);
}

/** As many functions as the pool has instances, all asked for at the same moment. */
async function atOnce(platform: BenchPlatform): Promise<Measure> {
  const noise = watchNoise();
  await platform.apply(podPool('bench', { min: BURST, max: BURST * 2, memory: '80Mi' }));
  const names = await addFunctions(platform, 'nodejs', 'burst', BURST);
  await full(platform, BURST, noise);
  const answers = await Promise.all(names.map((name) => first(platform, name)));
  await removeFunctions(platform, names);
  await platform.remove('PodPool', 'bench');
  return measure(`${BURST} functions cold at once, pool of ${BURST}, p99`, answers, 0.99, 500, noise);
}

/** Resolves once the gateways know them: they answer anything but 404. */
async function addFunctions(
  platform: BenchPlatform,
  runtime: Runtime,
  prefix: string,
  count: number,
  deployment: FunctionSpec['deployment'] = { type: 'hot', pool: 'bench' },
): Promise<string[]> {
  const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
  for (const name of names) {
    const fn = functionObject(name, code[runtime], {
      runtime,
      access: 'public',
      env: { NAME: name },
      deployment,
      activationTimeout: '2m',
      scaling: { idleTimeout: '10m' },
    });
    await platform.apply(fn, httpTrigger(name));
  }
  const known = new Set(names.map((name) => `${platform.installed.namespace}/${name}`));
  await platform.until(({ functions }) => functions.filter(({ name, revision }) => known.has(name) && revision !== null).length === count);
  return names;
}

async function removeFunctions(platform: BenchPlatform, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await platform.remove('Function', name);
    await platform.remove('Trigger', `${name}-http`);
  }
}

/** The pool is full, nothing of the sample before is left, and the processors are quiet. */
async function full(platform: BenchPlatform, idle: number, noise: NoiseWatch): Promise<void> {
  await platform.until(({ pools, instances }) => pools[0]?.idle === idle && instances.length === idle, 300_000);
  await noise.quiet(PATIENCE_MS);
}

/** @throws Error for a wrong answer */
async function first(platform: BenchPlatform, name: string): Promise<Answer> {
  const answer = await platform.call(`/${name}`);
  if (answer.status !== 200 || (JSON.parse(answer.body) as { hello: string }).hello !== name) throw new Error(`${name}: ${answer.status} ${answer.body}`);
  return answer;
}

/** With the phases of the answers about that quantile, and the machine's load. */
function measure(name: string, answers: readonly Answer[], q: number, budget: number, noise: NoiseWatch): Measure {
  const value = quantile(
    answers.map(({ ms }) => ms),
    q,
  );
  const at = answers.find(({ ms }) => ms === value);
  const phases = PHASES.map((phase) => `${phase} ${(at?.phases.get(phase) ?? 0).toFixed(1)}`).join(', ');
  const ok = value <= budget;
  const reason = ok ? undefined : noise.reason();
  return { name: `${name} (${phases}; ${machineLoad()})`, value: Math.round(value * 10) / 10, unit: 'ms', budget, ok, ...(reason !== undefined && { reason }) };
}
