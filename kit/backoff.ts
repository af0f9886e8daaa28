/** First wait, and the longest. */
export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Milliseconds to wait after this many failures in a row: doubles from `firstMs`, at most `maxMs`; 0 for no failure. */
export function backoffMs(failures: number, { firstMs, maxMs }: BackoffOptions): number {
  return failures <= 0 ? 0 : Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 30));
}
