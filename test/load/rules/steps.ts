import { setTimeout as sleep } from 'node:timers/promises';
import type { Measure } from '../measure.ts';
import { startPace } from './pace.ts';
import { type Change, followReplicas, type LoadedFunction, RATE, type RulesWorld } from './world.ts';

const VERBATIM = 'sum by(function_name)(rate(function_invoke_total{code="200",rate="50"}[10s]))/50/0.85 > sum(function_service_count) by (function_name)';
/** Both rules aim at 85 percent: 8 times the rated load wants 9.4 instances. */
export const RIGHT = Math.ceil(8 / 0.85);
/** Longer than the window of the verbatim rule: before the step the load is steady. */
const STEADY_MS = 12_000;
const WATCH_MS = 16_000;
const TRIES = 3;
/** Where a scrape of the gateway takes longer, its counts are of another moment than its time says. */
const QUIET_SCRAPE_S = 0.04;

/** An instance runs 8 requests of 150 ms at once: it can serve 53 a second, and is rated for 50, so that 8 are right for 400. */
export async function measureBothLoops(world: RulesWorld): Promise<Measure[]> {
  return step(world, { name: 'both', workMs: 150, concurrency: 8, targetRate: RATE, rule: { requestsPerSecond: { utilizationPercent: 85 } } }, (each) => [
    seconds('rules and demand: right', each, 1, ({ ready }) => ready >= 8),
  ]);
}

/** A load that steps from 1 to 8 times the rated one, in a world without demand. */
export async function measureRulesAlone(world: RulesWorld): Promise<Measure[]> {
  const fn = { workMs: 1, concurrency: 200, targetRate: RATE };
  const generated = await step(world, { ...fn, name: 'generated', rule: { requestsPerSecond: { utilizationPercent: 85 } } }, (stepped) => [
    seconds('rules alone, generated: right', stepped, 5, isRight),
  ]);
  const verbatim = await step(world, { ...fn, name: 'verbatim', rule: { custom: { promql: VERBATIM } } }, (stepped) => [
    seconds('rules alone, verbatim: first step', stepped, 3, ({ replicas }) => replicas > (stepped.changes[0]?.replicas ?? 0)),
    seconds('rules alone, verbatim: right', stepped, 12, isRight),
  ]);
  return [...verbatim, ...generated];
}

const isRight = ({ replicas, ready }: Change) => replicas === RIGHT && ready === RIGHT;

interface Stepped {
  readonly changes: readonly Change[];
  /** Whether the load was what it should be, and was seen as it was. */
  readonly kept: boolean;
}

/** The step, anew where the machine was too busy to make it one and that shows. */
async function step(world: RulesWorld, fn: LoadedFunction, judge: (stepped: Stepped) => Measure[]): Promise<Measure[]> {
  for (let attempt = 1; ; attempt++) {
    const own = { ...fn, name: `${fn.name}-${attempt}` };
    await world.add(own);
    const stepped = await stepOnce(world, own.name);
    await world.remove(own);
    const measures = judge(stepped);
    if (stepped.kept || attempt === TRIES || measures.every(({ ok }) => ok)) return measures;
  }
}

async function stepOnce(world: RulesWorld, name: string): Promise<Stepped> {
  const pace = startPace(world.url(name));
  const followed = followReplicas(world, name);
  try {
    pace.setRate(RATE);
    await sleep(STEADY_MS);
    pace.take();
    followed.restart();
    pace.setRate(8 * RATE);
    await sleep(WATCH_MS);
    const { sent, ok } = pace.take();
    const asSet = Math.min(sent, ok) >= 0.97 * 8 * RATE * (WATCH_MS / 1000);
    return { changes: followed.changes, kept: asSet && (await world.longestScrape((STEADY_MS + WATCH_MS) / 1000)) < QUIET_SCRAPE_S };
  } finally {
    await pace.close();
    await followed.close();
  }
}

/** When it first fitted, and stayed so to the end. */
function seconds(name: string, { changes, kept }: Stepped, budget: number, fits: (change: Change) => boolean): Measure {
  const last = changes.at(-1);
  const since = changes.findIndex((_, i) => changes.slice(i).every(fits));
  const at = last && since >= 0 ? Math.max(0, changes[since]?.atMs ?? 0) / 1000 : undefined;
  const value = Number((at ?? WATCH_MS / 1000).toFixed(2));
  const ok = at !== undefined && value <= budget;
  const reason = at === undefined ? `it ended at ${last?.replicas ?? 0} replicas, ${last?.ready ?? 0} ready` : kept ? undefined : 'noisy';
  return { name, value, unit: 's', budget, ok, ...(!ok && reason !== undefined && { reason }) };
}
