export interface PoolInput {
  /** Instances that should wait. */
  readonly min: number;
  /** Instances in all. */
  readonly max: number;
  /** Instances that serve, load or end. */
  readonly leased: number;
  /** Instances that functions wait for now. */
  readonly wanted: number;
}

/** How many unleased instances (idle and starting) a pool keeps: what is waited for first, then the minimum, never more than `max` in all. */
export function decidePool({ min, max, leased, wanted }: PoolInput): number {
  return Math.max(0, Math.min(Math.max(min, wanted), max - leased));
}

/** Whether a function that waits can ever be served as things stand: false when every instance that the pool may have is taken. */
export function canServe({ max, leased }: Pick<PoolInput, 'max' | 'leased'>): boolean {
  return leased < max;
}
