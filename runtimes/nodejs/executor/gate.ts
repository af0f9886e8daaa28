import type { RefusalCode } from '../contract.ts';

/** What decides whether a request is taken. */
export interface GateState {
  /** Why the executor takes no new work; undefined while it does. */
  readonly closed: RefusalCode | undefined;
  /** Until when a closed gate still lets the first request of a connection in, on the clock of `nowMs`. */
  readonly graceUntilMs: number;
  readonly nowMs: number;
  /** Whether the connection has carried a request before. */
  readonly firstOnConnection: boolean;
  readonly inFlight: number;
  readonly concurrency: number;
}

/**
 * Why a request is refused, or undefined when it is taken (W5.1).
 * A connection that was handed over while new code was loading has had no chance to go elsewhere: its first request is served.
 */
export function decideRefusal(state: GateState): RefusalCode | undefined {
  const { closed, graceUntilMs, nowMs, firstOnConnection, inFlight, concurrency } = state;
  if (closed !== undefined && !(firstOnConnection && nowMs < graceUntilMs)) return closed;
  return inFlight >= concurrency ? 'CONCURRENCY_LIMIT' : undefined;
}
