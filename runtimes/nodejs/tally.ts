/** Upper bounds of the duration histogram, in seconds. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

export type Outcome = 'ok' | 'error' | 'timeout' | 'refused';

/** Counts since the last flush. `buckets` has one more than DURATION_BUCKETS: what is above the last bound. */
export interface TallyDelta {
  readonly ok: number;
  readonly error: number;
  readonly timeout: number;
  readonly refused: number;
  readonly durationSumSeconds: number;
  readonly buckets: readonly number[];
}

/** Counts invocations: in the executor between two reports, in the supervisor since the start. */
export class Tally {
  ok = 0;
  error = 0;
  timeout = 0;
  refused = 0;
  durationSumSeconds = 0;
  buckets: number[] = emptyBuckets();

  count(outcome: Outcome, seconds?: number): void {
    this[outcome] += 1;
    if (seconds === undefined) return;
    this.durationSumSeconds += seconds;
    let index = 0;
    while (index < DURATION_BUCKETS.length && seconds > (DURATION_BUCKETS[index] as number)) index += 1;
    this.buckets[index] = (this.buckets[index] ?? 0) + 1;
  }

  add(delta: TallyDelta): void {
    this.ok += delta.ok;
    this.error += delta.error;
    this.timeout += delta.timeout;
    this.refused += delta.refused;
    this.durationSumSeconds += delta.durationSumSeconds;
    this.buckets = this.buckets.map((count, index) => count + (delta.buckets[index] ?? 0));
  }

  /** What was counted since the last flush. */
  flush(): TallyDelta {
    const { ok, error, timeout, refused, durationSumSeconds, buckets } = this;
    this.ok = this.error = this.timeout = this.refused = this.durationSumSeconds = 0;
    this.buckets = emptyBuckets();
    return { ok, error, timeout, refused, durationSumSeconds, buckets };
  }

  /** Refused requests are no invocations: user code has seen nothing of them. */
  get total(): number {
    return this.ok + this.error + this.timeout;
  }
}

function emptyBuckets(): number[] {
  return Array.from({ length: DURATION_BUCKETS.length + 1 }, () => 0);
}
