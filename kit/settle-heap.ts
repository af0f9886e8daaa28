import { getHeapStatistics } from 'node:v8';

/** Less is not worth the time that collecting takes. */
const GROWN_BYTES = 8 * 1024 * 1024;
const LOOK_EVERY_MS = 10_000;

/**
 * Gives back the memory that loading took: lists of ten thousand objects leave twice as much behind as is held, and a process that does little afterwards never collects it.
 * For moments when nobody waits: nothing else happens for some tenths of a second. Does nothing where Node.js runs without `--expose-gc`.
 */
export function settleHeap(): void {
  globalThis.gc?.({ type: 'major', flavor: 'last-resort', execution: 'sync' });
}

/** Settles the heap now, and again when it grew by 8 MiB and, as `isQuiet` says, nobody waits. */
export function keepHeapSettled(isQuiet: () => boolean): { close(): void } {
  settleHeap();
  let settled = usedBytes();
  const looking = setInterval(() => {
    const used = usedBytes();
    // Node.js collects by itself too.
    settled = Math.min(settled, used);
    if (used - settled < GROWN_BYTES || !isQuiet()) return;
    settleHeap();
    settled = usedBytes();
  }, LOOK_EVERY_MS);
  looking.unref();
  return { close: () => clearInterval(looking) };
}

function usedBytes(): number {
  return getHeapStatistics().used_heap_size;
}
