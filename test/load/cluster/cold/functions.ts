import type { FunctionSpec } from '../../../../protocol/schema/function.ts';
import { functionObject, httpTrigger, packageOf } from '../../../contract/platform.ts';
import type { Measure } from '../../measure.ts';
import { quantile } from '../../quantile.ts';
import type { NoiseWatch } from '../../quiet.ts';
import { machineLoad } from '../machine-load.ts';
import type { Answer, BenchPlatform } from '../world.ts';

export const SAMPLES = Number(process.env['FIB_BENCH_SAMPLES'] ?? 40);
/** For the machine to become quiet, each time. */
export const PATIENCE_MS = 3000;
const PHASES = ['queue', 'allocate', 'code', 'dependencies', 'init', 'firstByte'];

/** A package near to what a ConfigMap may hold, most of it never read. */
const ballast = 'x'.repeat(56 * 1024);
export const code = {
  nodejs: packageOf({ 'index.js': 'export const handler = () => ({ hello: process.env.NAME });', 'data.txt': ballast }),
  python: packageOf({ 'main.py': 'import os\n\ndef handler(event, context):\n    return {"hello": os.environ["NAME"]}\n', 'data.txt': ballast }),
};

/** Resolves once the scaler has resolved them; the gateways hear of them at the same time. */
export async function addFunctions(
  platform: BenchPlatform,
  runtime: keyof typeof code,
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

export async function removeFunctions(platform: BenchPlatform, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await platform.remove('Function', name);
    await platform.remove('Trigger', `${name}-http`);
  }
}

/** The pool is full, nothing of the sample before is left, and the processors are quiet. */
export async function full(platform: BenchPlatform, idle: number, noise: NoiseWatch): Promise<void> {
  await platform.until(({ pools, instances }) => pools[0]?.idle === idle && instances.length === idle, 300_000);
  await noise.quiet(PATIENCE_MS);
}

/** The first request to a function. @throws Error for a wrong answer */
export async function first(platform: BenchPlatform, name: string): Promise<Answer> {
  const answer = await platform.call(`/${name}`);
  if (answer.status !== 200 || (JSON.parse(answer.body) as { hello: string }).hello !== name) throw new Error(`${name}: ${answer.status} ${answer.body}`);
  return answer;
}

/** With the phases of the answers about that quantile, and the machine's load. */
export function measureCold(name: string, answers: readonly Answer[], q: number, budget: number, noise: NoiseWatch): Measure {
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
