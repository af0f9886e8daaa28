import { runKills } from './kill/run-kills.ts';
import type { Measure } from './measure.ts';

const KILLS = 300;
const COMMON = { intervalMs: 1000, instances: 20, clients: 12, compiled: true };

/** One SIGKILL a second among 20 instances, seen by a client that never retries; and the same without the gateway's retries, which must show. */
export async function run(): Promise<Measure[]> {
  const on = await runKills({ ...COMMON, kills: KILLS, retries: 'on' });
  const off = await runKills({ ...COMMON, kills: 40, retries: 'off' });
  for (const problem of on.wrong.slice(0, 5)) process.stderr.write(`${problem}\n`);
  return [
    { name: `kills while ${on.requests} requests were answered (at least)`, value: on.kills, unit: 'kills', budget: KILLS, ok: on.kills >= KILLS },
    { name: 'wrong answers', value: on.wrong.length, unit: 'answers', budget: 0, ok: on.wrong.length === 0 },
    { name: 'wrong answers without the gateway’s retries (at least)', value: off.wrong.length, unit: 'answers', budget: 1, ok: off.wrong.length >= 1 },
  ];
}
