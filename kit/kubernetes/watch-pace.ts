import { backoffMs } from '../backoff.ts';

/** How one turn of a list-watch ended. */
export type WatchEnd =
  /** The API server ended it, as it does every few minutes. */
  | { readonly kind: 'ended'; readonly progress: boolean }
  /** It no longer has the changes since our version (410). */
  | { readonly kind: 'expired'; readonly progress: boolean }
  /** The connection broke, fell silent or brought nonsense, or the request was refused; `answered`: not before the API server said something. */
  | { readonly kind: 'failed'; readonly progress: boolean; readonly answered: boolean; readonly retryAfterMs?: number | undefined };

export interface WatchPlan {
  /** Turns in a row that brought nothing. */
  readonly failures: number;
  readonly delayMs: number;
  /** List anew, or go on from the last version seen. */
  readonly relist: boolean;
}

const BACKOFF = { firstMs: 250, maxMs: 8_000 };
/** Many watches end together when an API server goes away. */
const CLEAN_JITTER_MS = 250;
const MAX_RETRY_AFTER_MS = 30_000;
/** A version that fails this often may itself be the reason. */
const RELIST_AFTER_FAILURES = 4;

/** What follows: a jittered wait, then a watch from where it was, or a new list. `random` is in [0, 1). */
export function planNextWatch(end: WatchEnd, failuresBefore: number, random: number): WatchPlan {
  const good = end.progress && end.kind !== 'failed';
  const failures = good ? 0 : end.progress ? 1 : failuresBefore + 1;
  const backoff = backoffMs(failures, BACKOFF) * (0.5 + random / 2);
  const relist = end.kind === 'expired' || (failures >= RELIST_AFTER_FAILURES && (end.kind === 'ended' || end.answered));
  switch (end.kind) {
    case 'ended':
      return { failures, delayMs: good ? random * CLEAN_JITTER_MS : backoff, relist };
    case 'expired':
      // A first 410 is no sign of trouble: the list itself is the remedy.
      return { failures, delayMs: failures <= 1 ? random * CLEAN_JITTER_MS : backoff, relist };
    case 'failed':
      return { failures, delayMs: Math.max(backoff, Math.min(end.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)), relist };
  }
}
