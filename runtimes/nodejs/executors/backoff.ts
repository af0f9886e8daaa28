/** How long to wait before the next start after `failures` starts in a row that led to nothing (W5.8): 0, then 100 ms doubling to 10 s. */
export function backoffMs(failures: number): number {
  return failures === 0 ? 0 : Math.min(10_000, 100 * 2 ** (failures - 1));
}

/** Whether an end counts as a failed start: it came by itself, soon, and before any work. Otherwise the executor was good and its end belongs to the work. */
export function isFailedStart(livedMs: number, connections: number): boolean {
  return livedMs < 1000 && connections === 0;
}
