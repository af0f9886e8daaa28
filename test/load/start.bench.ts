import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../contract/cli-world/ports.ts';
import { ROOT } from '../contract/cli-world/project.ts';
import type { Measure } from './measure.ts';

const BUDGET_S = 5;
const TIMEOUT_S = 60;

/** A second `npm start` in this checkout, to the first answered request and to its end by Ctrl-C. */
export async function run(): Promise<Measure[]> {
  const port = await freePorts();
  const begun = performance.now();
  const seconds = () => Math.round(performance.now() - begun) / 1000;
  const child = spawn(process.execPath, [join(ROOT, 'bootstrap', 'start.mjs'), '--port', String(port)], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  const exit = new Promise((resolve) => child.once('exit', resolve));
  const answered = await untilAnswered(`http://127.0.0.1:${port}/hello`, seconds);
  const stopping = performance.now();
  child.kill('SIGINT');
  await exit;
  const ended = Math.round(performance.now() - stopping) / 1000;
  return [
    { name: 'second npm start → first answered request', value: answered, unit: 's', budget: BUDGET_S, ok: answered <= BUDGET_S },
    { name: 'Ctrl-C → nothing runs any more', value: ended, unit: 's', budget: BUDGET_S, ok: ended <= BUDGET_S },
  ];
}

async function untilAnswered(url: string, seconds: () => number): Promise<number> {
  while (seconds() < TIMEOUT_S) {
    const status = await fetch(url).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) return seconds();
    await sleep(10);
  }
  return Number.POSITIVE_INFINITY;
}
