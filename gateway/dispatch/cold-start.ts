import type { Metrics } from '../../kit/metrics.ts';
import { METRICS } from '../../protocol/names.ts';
import { COLD_START_PHASES, type ColdStartPhase, type StreamInstance } from '../../protocol/stream.ts';
import type { Instance } from '../capacity/instance.ts';

export type ColdStartTimings = Readonly<Record<ColdStartPhase, number>>;

/** Moments of one request, on the monotonic clock in milliseconds. */
export interface Moments {
  readonly startedAt: number;
  readonly dispatchedAt: number;
  readonly firstByteAt: number;
}

const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.015, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Where the time of a cold request went: what the scaler told of the instance's start, the rest of the wait as `queue`, and from dispatch to the first byte. */
export function coldStartTimings(told: NonNullable<StreamInstance['coldStart']>, { startedAt, dispatchedAt, firstByteAt }: Moments): ColdStartTimings {
  const { allocateMs: allocate, codeMs: code, dependenciesMs: dependencies, initMs: init } = told;
  const queue = Math.max(0, dispatchedAt - startedAt - allocate - code - dependencies - init);
  return { queue, allocate, code, dependencies, init, firstByte: firstByteAt - dispatchedAt };
}

/** `queue;dur=0.4, allocate;dur=1.2, …` (W3C Server Timing). */
export function renderServerTiming(timings: ColdStartTimings): string {
  return COLD_START_PHASES.map((phase) => `${phase};dur=${timings[phase].toFixed(2)}`).join(', ');
}

/** The `Server-Timing` of a cold request; undefined for a warm one. An instance's start enters the histogram once. */
export type ColdStarts = (instance: Instance, moments: Moments) => string | undefined;

export function createColdStarts(metrics: Metrics): ColdStarts {
  const histogram = metrics.histogram(METRICS.coldStart, 'Phases of cold starts.', BUCKETS_SECONDS);
  return (instance, moments) => {
    const told = instance.coldStart;
    if (told === undefined || moments.startedAt > instance.announcedAt) return undefined;
    const timings = coldStartTimings(told, moments);
    if (!instance.coldStartCounted) {
      instance.coldStartCounted = true;
      for (const phase of COLD_START_PHASES) histogram.observe({ pool: told.pool, runtime: told.runtime, phase }, timings[phase] / 1000);
    }
    return renderServerTiming(timings);
  };
}
