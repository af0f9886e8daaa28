import type { Measure } from '../measure.ts';
import { quantile } from '../quantile.ts';
import type { Party } from './party.ts';

/** A server that requests are sent to. */
export interface Target {
  readonly url: string;
  /** Of its process, so far. */
  cpuSeconds(): Promise<number>;
}

export interface OverheadOptions {
  /** Sends the requests. */
  readonly load: Party;
  readonly path: string;
  /** What both proxies lead to. */
  readonly upstream: Pick<Target, 'url'>;
  /** The 30-line proxy. */
  readonly baseline: Target;
  readonly gateway: Target;
}

const CONNECTIONS = 32;
const ROUND_MS = 2000;
const ROUNDS = 5;
const PACE = 1000;
const PACE_MS = 3000;
const TRIES = 5;
/** Where the machine itself is slower than this at the pace, latency that the gateway adds cannot be told. */
const QUIET_P99_MS = 0.5;

/** Requests a second and CPU a request against the 30-line proxy. Alternates the two, so that what else the machine does falls on both; the medians count. */
export async function measureThroughput({ load, path, baseline, gateway }: OverheadOptions): Promise<Measure[]> {
  const saturate = async ({ cpuSeconds, url }: Target, durationMs: number) => {
    const before = await cpuSeconds();
    const { requests, failed, seconds } = await load.call<{ requests: number; failed: number; seconds: number }>(
      'saturate',
      url,
      path,
      CONNECTIONS,
      durationMs,
    );
    const cpu = (await cpuSeconds()) - before;
    if (failed > 0) throw new Error(`${failed} of ${requests + failed} requests to ${url} failed`);
    return { perSecond: requests / seconds, cpuMicros: (cpu / requests) * 1e6 };
  };
  for (const target of [baseline, gateway]) await saturate(target, ROUND_MS);
  const pairs = [];
  for (let round = 0; round < ROUNDS; round++) pairs.push({ base: await saturate(baseline, ROUND_MS), ours: await saturate(gateway, ROUND_MS) });
  const rate = quantile(
    pairs.map((pair) => pair.ours.perSecond / pair.base.perSecond),
    0.5,
  );
  const cpu = quantile(
    pairs.map((pair) => pair.ours.cpuMicros / pair.base.cpuMicros),
    0.5,
  );
  const base = quantile(
    pairs.map((pair) => pair.base.cpuMicros),
    0.5,
  );
  const ours = quantile(
    pairs.map((pair) => pair.ours.cpuMicros),
    0.5,
  );
  return [
    { name: 'gateway requests/s against the 30-line proxy (at least)', value: round2(rate), unit: 'ratio', budget: 0.8, ok: rate >= 0.8 },
    {
      name: `gateway CPU a request against the 30-line proxy (${round2(ours)} µs to ${round2(base)} µs)`,
      value: round2(cpu),
      unit: 'ratio',
      budget: 1.3,
      ok: cpu <= 1.3,
    },
  ];
}

/** What the gateway adds to the latency of what it leads to. */
export async function measureLatency({ load, path, upstream, gateway }: OverheadOptions): Promise<Measure[]> {
  const pace = ({ url }: Pick<Target, 'url'>) => load.call<{ p50: number; p99: number; failed: number }>('pace', url, path, CONNECTIONS, PACE, PACE_MS);
  let direct = { p50: 0, p99: Infinity, failed: 0 };
  let through = direct;
  for (let attempt = 0; attempt < TRIES && (direct.p99 > QUIET_P99_MS || through.p99 - direct.p99 > 1); attempt++) {
    direct = await pace(upstream);
    through = await pace(gateway);
  }
  const noisy = direct.p99 > QUIET_P99_MS;
  const measure = (name: string, value: number, budget: number): Measure => ({
    name: `gateway adds at ${PACE} requests/s, ${name}`,
    value: round2(value),
    unit: 'ms',
    budget,
    ok: !noisy && value <= budget && through.failed === 0,
    ...(noisy && { reason: 'noisy' }),
  });
  return [measure('p50', through.p50 - direct.p50, 0.3), measure('p99', through.p99 - direct.p99, 1)];
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
