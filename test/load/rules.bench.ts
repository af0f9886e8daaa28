import { setTimeout as sleep } from 'node:timers/promises';
import type { Measure } from './measure.ts';
import { type Pace, startPace } from './rules/pace.ts';
import { measureBothLoops, measureRulesAlone, RIGHT } from './rules/steps.ts';
import { followReplicas, type RulesWorld, startRulesWorld } from './rules/world.ts';

const NOISE = 0.3;
/** Before noise is judged: what the cold start asked for beyond the need has gone. */
const SETTLE_MS = 150_000;

export interface RulesBenchOptions {
  /** Minutes of noisy load; default 10, or `FIB_BENCH_NOISE_MINUTES`. */
  readonly noisyMinutes?: number;
}

/** Scaling of a load that steps from 1 to 8 times the rated one: by rules alone, then by both loops; then no flapping under noise. */
export async function run({ noisyMinutes = Number(process.env['FIB_BENCH_NOISE_MINUTES'] ?? 10) }: RulesBenchOptions = {}): Promise<Measure[]> {
  const alone = await within({ demand: 'off', pool: RIGHT + 4 }, measureRulesAlone);
  const both = await within({ demand: 'on', pool: 20 }, measureBothLoops);
  return [...alone, ...both, ...(await flapping(noisyMinutes))];
}

async function within(options: Parameters<typeof startRulesWorld>[0], work: (world: RulesWorld) => Promise<Measure[]>): Promise<Measure[]> {
  const world = await startRulesWorld(options);
  try {
    return await work(world);
  } finally {
    await world.close();
  }
}

/** A load whose rate changes each second by up to a third, around what keeps 4 instances busy. Flapping is to grow again after shrinking. */
async function flapping(minutes: number): Promise<Measure[]> {
  const world = await startRulesWorld({ demand: 'on', pool: 3, max: 40 });
  await world.add({ name: 'noisy', workMs: 100, concurrency: 16, targetRate: 100 });
  const pace = startPace(world.url('noisy'));
  const followed = followReplicas(world, 'noisy');
  try {
    await noise(pace, SETTLE_MS);
    followed.restart();
    await noise(pace, minutes * 60_000);
    const replicas = followed.changes.map((change) => change.replicas).filter((count, i, all) => i === 0 || count !== all[i - 1]);
    const turns = replicas.filter((count, i) => i >= 2 && count > (replicas[i - 1] ?? 0) && (replicas[i - 1] ?? 0) < (replicas[i - 2] ?? 0)).length;
    const shown = `replicas ${replicas.join(', ')}; longest scrape ${Math.round((await world.longestScrape(minutes * 60)) * 1000)} ms`;
    return [
      {
        name: `rules and demand: flaps in ${minutes} min of noisy load`,
        value: turns,
        unit: 'times',
        budget: 0,
        ok: turns === 0,
        ...(turns > 0 && { reason: shown }),
      },
    ];
  } finally {
    await pace.close();
    await followed.close();
    await world.close();
  }
}

async function noise(pace: Pace, ms: number): Promise<void> {
  for (const until = performance.now() + ms; performance.now() < until;) {
    pace.setRate(4 * 16 * 0.7 * 10 * 0.9 * (1 + NOISE * (2 * Math.random() - 1)));
    await sleep(1000);
  }
}
