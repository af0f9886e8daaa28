import type { LastError } from './stats.ts';

export interface Vitals {
  readonly silentMs: number;
  /** How many checks in a row have found it silent, without this one. A supervisor that was held up itself reads beats late. */
  readonly silentChecks: number;
  readonly rssBytes: number | undefined;
}

export const CHECK_MS = 100;
const BEAT_TOLERANCE_MS = 300;

/** Why an executor must be replaced (W5.9, W9.3), or undefined while it is well. */
export function decideReplacement(
  vitals: Vitals,
  limits: { readonly timeoutMs: number; readonly memoryLimitBytes: number | undefined },
): LastError | undefined {
  const { memoryLimitBytes, timeoutMs } = limits;
  if (memoryLimitBytes !== undefined && vitals.rssBytes !== undefined && vitals.rssBytes > memoryLimitBytes) {
    return { code: 'MEMORY_LIMIT', message: `the executor used ${vitals.rssBytes} bytes of memory, more than its limit of ${memoryLimitBytes}` };
  }
  if (isSilent(vitals.silentMs, timeoutMs) && vitals.silentChecks >= 1) {
    return {
      code: 'FUNCTION_TIMEOUT',
      message: `user code has blocked the executor for ${Math.round(vitals.silentMs)} ms, longer than the function’s timeout of ${timeoutMs} ms`,
    };
  }
  return undefined;
}

export function isSilent(silentMs: number, timeoutMs: number): boolean {
  return silentMs > timeoutMs + BEAT_TOLERANCE_MS;
}
