import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FaultReport } from '../../cluster/faults/world.ts';
import type { Measure } from '../measure.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const REQUESTS = 20_000;

/** The faults of test/cluster/faults.test.ts with ten times the requests, each as it says whether it passed. */
export async function run(): Promise<Measure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'fib-faults-'));
  const file = join(dir, 'reports.ndjson');
  try {
    const args = ['run', 'test/cluster/faults.test.ts', '--project', 'cluster', '--retry=0'];
    const env = { ...process.env, FIB_FAULT_REQUESTS: String(REQUESTS), FIB_FAULT_REPORTS: file };
    const child = spawn(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...args], { cwd: ROOT, env, stdio: ['ignore', 2, 2] });
    const [code] = (await once(child, 'close')) as [number | null];
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
    const reports = lines.map((line) => JSON.parse(line) as FaultReport);
    const failed = { name: 'tests of faults that failed', value: code === 0 ? 0 : 1, unit: 'runs', budget: 0, ok: code === 0 };
    return [...reports.flatMap(measuresOf), failed];
  } finally {
    await rm(dir, { recursive: true });
  }
}

function measuresOf({ fault, requests, inFlight, retries, wrong, bare }: FaultReport): Measure[] {
  // What was under way in a gateway that is killed is all that may be lost; the test holds it to that.
  const budget = fault === 'gateway killed' ? inFlight : 0;
  const what = `${fault}: wrong of ${requests}, ${inFlight} in flight, ${retries} sent again, without protection ${bare.wrong.length} of ${bare.requests}`;
  return [{ name: what, value: wrong.length, unit: 'answers', budget, ok: wrong.length <= budget && inFlight > 0 }];
}
