import { setTimeout as sleep } from 'node:timers/promises';
import { functionObject, httpTrigger, packageOf, podPool } from '../../contract/platform.ts';
import type { Measure } from '../measure.ts';
import { quantile } from '../quantile.ts';
import { machineLoad } from './machine-load.ts';
import { type BenchPlatform, openBenchPlatform } from './world.ts';

const UPDATES = Number(process.env['FIB_BENCH_SAMPLES'] ?? 20);
const INSTANCES = 2;
const CLIENTS = 2;
const BUDGET_MS = 1000;
/** Between two updates. */
const PAUSE_MS = 1500;
const TIMEOUT_MS = 30_000;

const codeOf = (version: number) => packageOf({ 'index.mjs': `export const handler = () => 'v${version}';\n` });
const functionOf = (version: number) =>
  functionObject('update', codeOf(version), {
    access: 'public',
    deployment: { type: 'hot', pool: 'bench' },
    scaling: { minReplicas: INSTANCES, maxReplicas: INSTANCES },
  });

/** From the first write of what `kubectl apply -k functions` writes (package and Function) to answers by the new code, with requests going on all the time. */
export async function run(): Promise<Measure[]> {
  const platform = await openBenchPlatform({ topic: 'bench-update' });
  try {
    await platform.putPackage(codeOf(0));
    await platform.apply(podPool('bench', { min: 1, max: INSTANCES + 2, memory: '128Mi' }), functionOf(0), httpTrigger('update'));
    await platform.until(({ functions }) => functions[0]?.readyReplicas === INSTANCES);
    const load = startLoad(platform);
    const [first, all]: [number[], number[]] = [[], []];
    for (let version = 1; version <= UPDATES; version++) {
      await sleep(PAUSE_MS);
      const seen = load.expect(`v${version}`);
      await platform.putPackage(codeOf(version));
      await platform.apply(functionOf(version));
      first.push(await seen.first);
      all.push(await seen.last());
    }
    const { requests, lost } = await load.stop();
    for (const problem of lost.slice(0, 5)) process.stderr.write(`  ${problem}\n`);
    const measure = (name: string, value: number, unit: string, budget: number): Measure => ({
      name,
      value: Math.round(value),
      unit,
      budget,
      ok: value <= budget,
    });
    return [
      measure(`code update → first answer by new code, p50 of ${UPDATES} (${machineLoad()})`, quantile(first, 0.5), 'ms', BUDGET_MS),
      measure('code update → first answer by new code, p95', quantile(first, 0.95), 'ms', BUDGET_MS),
      measure(`code update → last answer by old code, ${INSTANCES} instances, p95`, quantile(all, 0.95), 'ms', BUDGET_MS),
      measure(`requests lost of ${requests} in ${UPDATES} updates`, lost.length, 'requests', 0),
    ];
  } finally {
    await platform.close();
  }
}

interface Load {
  /** Milliseconds from now: `first` answer with this text; `last` the last with another, once there was none for a second. */
  expect(text: string): { readonly first: Promise<number>; last(): Promise<number> };
  stop(): Promise<{ readonly requests: number; readonly lost: readonly string[] }>;
}

/** Clients that ask one request after the other and never again for the same. */
function startLoad(platform: BenchPlatform): Load {
  const lost: string[] = [];
  let requests = 0;
  let running = true;
  let listener: (text: string, at: number) => void = () => undefined;
  const client = async () => {
    while (running) {
      requests++;
      const answer = await platform.call('/update').catch((error: Error) => ({ status: 0, body: error.message }));
      if (answer.status === 200) listener(answer.body, performance.now());
      else lost.push(`${answer.status} ${answer.body}`);
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  return {
    expect(text) {
      const begun = performance.now();
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const timer = setTimeout(() => reject(new Error(`no answer by ${text} within ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
      let oldAt = begun;
      listener = (body, at) => {
        if (body !== text) return void (oldAt = at);
        clearTimeout(timer);
        resolve(at - begun);
      };
      const last = async () => {
        while (performance.now() - oldAt < 1000) await sleep(50);
        return oldAt - begun;
      };
      return { first: promise, last };
    },
    async stop() {
      running = false;
      await clients;
      return { requests, lost };
    },
  };
}
