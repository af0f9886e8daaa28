import { publicFunction } from '../../cluster/install-world/functions.ts';
import { Code, hot, PodPool, Runtime, Size } from '../../../constructs/index.ts';
import type { Measure } from '../measure.ts';
import { machineLoad } from './machine-load.ts';
import { openBenchPlatform } from './world.ts';

const BUDGET_S = 60;
const TIMEOUT_S = 300;

/** By the documented lines, with images on the nodes: to every part rolled out, and to the first answer of a function on a pod. */
export async function run(): Promise<Measure[]> {
  const begun = performance.now();
  const platform = await openBenchPlatform({
    topic: 'bench-ready',
    functions: (stack) => {
      const pool = new PodPool(stack, 'pool', { runtime: Runtime.NODEJS, min: 1, max: 2, memory: Size.mebibytes(128) });
      publicFunction({ stack, name: 'hello' }, { code: Code.fromInline(`export const handler = () => 'hello';`), deployment: hot(pool) });
    },
  });
  try {
    const seconds = () => (performance.now() - begun) / 1000;
    let status = 0;
    while (status !== 200 && seconds() < TIMEOUT_S) status = (await platform.call('/hello').catch(() => ({ status: 0 }))).status;
    const answered = status === 200 ? seconds() : Infinity;
    const measure = (name: string, value: number): Measure => ({
      name,
      value: Math.round(value * 10) / 10,
      unit: 's',
      budget: BUDGET_S,
      ok: value <= BUDGET_S,
    });
    return [
      measure(`nothing → platform ready, 2 gateways, 2 scalers, Prometheus, Alertmanager (${machineLoad()})`, platform.installed.installedMs / 1000),
      measure('nothing → first answer of a function, with synthesis', answered),
    ];
  } finally {
    await platform.close();
  }
}
