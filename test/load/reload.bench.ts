import { setTimeout as sleep } from 'node:timers/promises';
import { createProject, type Dev } from '../contract/cli-world/project.ts';
import type { Measure } from './measure.ts';

const SAVES = 30;
const BUDGET_MS = 300;

const codeOf = (text: string) => `export const handler = () => '${text}';\n`;
const STACK = `import * as fib from 'fibonacci-faas';
export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'reload');
  const pool = new fib.PodPool(stack, 'pool', { runtime: fib.Runtime.NODEJS, min: 1, max: 4 });
  const hello = new fib.Function(stack, 'hello', { runtime: fib.Runtime.NODEJS, handler: 'index.handler', code: fib.Code.fromDirectory('./hello'), deployment: fib.hot(pool) });
  new fib.HttpTrigger(stack, 'hello-http', { function: hello, path: '/hello' });
});`;

/** From saving a function's file to the first answer by the new code, with requests going on all the time. */
export async function run(): Promise<Measure[]> {
  const project = await createProject({ 'stack.ts': STACK, 'hello/index.mjs': codeOf('v0') });
  try {
    const dev = await project.dev();
    await (await dev.fetch('/hello')).text();
    const times: number[] = [];
    const lost = { count: 0 };
    for (let version = 1; version <= SAVES; version++) {
      await sleep(300);
      await project.write({ 'hello/index.mjs': codeOf(`v${version}`) });
      times.push(await untilAnswered(dev, `v${version}`, lost));
    }
    times.sort((a, b) => a - b);
    return [
      measure('save → new code answers, p50', quantile(times, 0.5), 'ms', BUDGET_MS),
      measure('save → new code answers, p95', quantile(times, 0.95), 'ms', BUDGET_MS),
      measure(`requests lost in ${SAVES} saves`, lost.count, 'requests', 0),
    ];
  } finally {
    await project.close();
  }
}

async function untilAnswered(dev: Dev, text: string, lost: { count: number }): Promise<number> {
  const begun = performance.now();
  while (performance.now() - begun < 10_000) {
    const response = await dev.fetch('/hello');
    const body = await response.text();
    if (!response.ok) lost.count++;
    if (body === text) break;
    await sleep(2);
  }
  return performance.now() - begun;
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.POSITIVE_INFINITY;
}

function measure(name: string, value: number, unit: string, budget: number): Measure {
  return { name, value: Math.round(value * 10) / 10, unit, budget, ok: value <= budget };
}
