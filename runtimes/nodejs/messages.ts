import type { LoadDocument } from './control/load-document.ts';
import type { RefusalCode, WatcherCode } from './contract.ts';
import type { TallyDelta } from './tally.ts';

/** What the executor needs of a load document. */
export type LoadOrder = Pick<LoadDocument, 'function' | 'content' | 'handler' | 'signature' | 'mode' | 'concurrency' | 'timeoutMs' | 'maxBodyBytes' | 'env'> & {
  /** Where the package was unpacked. */
  readonly folder: string;
  readonly memoryLimitBytes: number | undefined;
};

/** Supervisor → executor. */
export type Order =
  | { readonly kind: 'load'; readonly order: LoadOrder }
  /** Comes with the connection's socket. */
  | { readonly kind: 'connection'; readonly id: number }
  /** Refuse from now on. `graceMs`: connections that have carried no request yet may still bring their first for so long. */
  | { readonly kind: 'retire'; readonly code: RefusalCode; readonly graceMs: number }
  | { readonly kind: 'report'; readonly id: number };

/** An invocation that has not ended, as the supervisor needs it to account for a crash. */
export interface Running {
  readonly requestId: string;
  readonly startedAtMs: number;
}

export interface Report {
  readonly inFlight: number;
  /** Connections that are open, idle ones too. */
  readonly connections: number;
  readonly rssBytes: number;
  /** Since the process began. */
  readonly cpuSeconds: number;
  /** Since the last report. */
  readonly tally: TallyDelta;
  readonly running: readonly Running[];
}

export interface Failure {
  readonly code: WatcherCode;
  readonly requestId: string;
  readonly durationMs: number;
  readonly message: string;
  readonly stack?: string | undefined;
}

/** Executor → supervisor. */
export type Notice =
  /** Everything is preloaded. */
  | { readonly kind: 'warm' }
  | { readonly kind: 'loaded'; readonly initMs: number }
  | { readonly kind: 'load-failed'; readonly message: string; readonly file?: string | undefined; readonly line?: number | undefined }
  /** The connection is the executor's. Sent before its first byte is read. */
  | { readonly kind: 'took'; readonly id: number }
  | ({ readonly kind: 'beat' } & Report)
  | ({ readonly kind: 'report'; readonly id: number } & Report)
  | ({ readonly kind: 'failure' } & Failure)
  /** Thread mode: a deadline has passed in user code; the supervisor answers with `retire`. */
  | { readonly kind: 'timed-out' }
  /** Process mode: the stages of the one invocation. */
  | { readonly kind: 'started'; readonly requestId: string; readonly method: string; readonly deadlineInMs: number | undefined }
  | { readonly kind: 'begun' }
  | { readonly kind: 'free'; readonly tally: TallyDelta }
  /** The last words of a process that ends by itself. */
  | { readonly kind: 'crashing'; readonly message: string | undefined; readonly running: readonly Running[] };
