/** Whether all watches bring what happens. */
export interface Sight {
  /** False until every one that is expected is open, and from the first that breaks. */
  readonly clear: boolean;
  expect(watch: string): void;
  report(watch: string, open: boolean): void;
  close(): void;
}

/**
 * The first time it is clear as soon as all are open. After a loss it takes `settleMs` more: who sees the cluster again may find in that time that another leads it by now.
 * `onClear` is told each time.
 */
export function createSight({ settleMs, onClear }: { settleMs: number; onClear(): void }): Sight {
  const missing = new Set<string>();
  let lost = false;
  let settling: NodeJS.Timeout | undefined;

  const settle = () => {
    settling = undefined;
    lost = false;
    onClear();
  };
  return {
    get clear() {
      return missing.size === 0 && !lost;
    },
    expect: (watch) => void missing.add(watch),
    report(watch, open) {
      clearTimeout(settling);
      if (!open) {
        missing.add(watch);
        lost = true;
        return;
      }
      missing.delete(watch);
      if (missing.size > 0) return;
      if (lost) settling = setTimeout(settle, settleMs).unref();
      else onClear();
    },
    close: () => clearTimeout(settling),
  };
}
