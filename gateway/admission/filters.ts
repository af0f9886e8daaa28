import type { PlatformError } from '../../protocol/errors.ts';
import type { RequestHead } from '../boundary/request-head.ts';
import type { FunctionEntry } from '../functions/function-entry.ts';

/** Undefined lets the request on; an error answers it. */
export type Verdict = PlatformError | undefined;

/**
 * The points at which admission can be extended. A list that is empty costs one comparison; filters run in order, and the first refusal ends it.
 */
export interface Filters {
  /** The function is known, nothing is reserved, the body is unread: tokens, authorization, rate limits. */
  readonly afterMatch: readonly ((entry: FunctionEntry, head: RequestHead) => Verdict | Promise<Verdict>)[];
  /** Before each try at an instance; it may change `headers` (name and value in turn). */
  readonly beforeDispatch: readonly ((entry: FunctionEntry, head: RequestHead, headers: string[]) => void)[];
  /** Once the answer is complete or given up: accounting. */
  readonly afterResponse: readonly ((entry: FunctionEntry, head: RequestHead, outcome: { readonly status: number; readonly durationMs: number }) => void)[];
}

export const NO_FILTERS: Filters = { afterMatch: [], beforeDispatch: [], afterResponse: [] };

/** Runs the filters after the match; stays synchronous as long as they do. */
export function runAfterMatch(filters: Filters['afterMatch'], entry: FunctionEntry, head: RequestHead, from = 0): Verdict | Promise<Verdict> {
  for (let index = from; index < filters.length; index++) {
    const verdict = filters[index]?.(entry, head);
    if (verdict instanceof Promise) return verdict.then((settled) => settled ?? runAfterMatch(filters, entry, head, index + 1));
    if (verdict) return verdict;
  }
  return undefined;
}
