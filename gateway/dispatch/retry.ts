import type { FunctionLimits } from '../functions/function-entry.ts';

/** How a try at an instance ended without an answer to pass on. */
export type Failure =
  /** The watcher says that user code saw nothing of it. */
  | { readonly kind: 'not-started'; readonly code: string }
  /** No byte of the request was written. */
  | { readonly kind: 'unconnected'; readonly reason: string }
  /** It was sent, and the connection broke or the watcher told of a crash. */
  | { readonly kind: 'broken'; readonly reason: string };

/** The reason of a try that broke because the watcher told of a crash: its instance lives. */
export const FUNCTION_CRASHED = 'FUNCTION_CRASHED';

export interface RetryQuestion {
  readonly failure: Failure;
  readonly method: string;
  readonly policy: FunctionLimits['retry'];
  /** The whole body, or all of it that was read, can be sent again. */
  readonly replayable: boolean;
  /** Some of the answer has reached the client. */
  readonly answered: boolean;
  /** Tries that broke, this one included. */
  readonly brokenTries: number;
  /** `FIB_RETRIES`. */
  readonly enabled: boolean;
}

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);
/** More would send a request that kills its instance through half of them. */
export const MAX_BROKEN_TRIES = 3;

/** Whether a request may be sent to an instance once more. Time limits are the caller's. */
export function mayRetry({ failure, method, policy, replayable, answered, brokenTries, enabled }: RetryQuestion): boolean {
  if (!enabled || answered || !replayable) return false;
  if (failure.kind !== 'broken') return true;
  const harmless = policy === 'safe' || (policy === 'idempotent' && IDEMPOTENT.has(method));
  return harmless && brokenTries < MAX_BROKEN_TRIES;
}
