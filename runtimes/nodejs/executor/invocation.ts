import type { IncomingMessage, ServerResponse } from 'node:http';
import { DATA_STATUS, HEADERS } from '../contract.ts';
import type { Fields, Level } from '../log.ts';
import type { Failure } from '../messages.ts';
import { answerError, discardRest } from '../refusal.ts';
import type { Outcome } from '../tally.ts';
import { WatcherError } from '../watcher-error.ts';
import { InvocationContext, type ContextSource, type FunctionIdentity } from './context.ts';
import type { Output } from './output.ts';
import { ClientGone } from './request-body.ts';

/** What the supervisor needs to answer for an executor that dies. `deadlineMs` (since 1970) is undefined where there is none. */
export interface Entry {
  readonly requestId: string;
  readonly startedAtMs: number;
  readonly method: string;
  readonly deadlineMs: number | undefined;
}

/** What an invocation reports to the executor that runs it. */
export interface InvocationHost {
  readonly identity: FunctionIdentity;
  readonly output: Output;
  /** User code is about to see the request. */
  entered(entry: Entry): void;
  /** The response is about to begin. */
  begun(response?: ServerResponse): void;
  /** The deadline has passed in user code; the answer is given when this resolves. Undefined: the supervisor answers for us. */
  timedOut(): Promise<void> | undefined;
  failed(failure: Failure): void;
  /** The slot is free. `outcome` is undefined where user code has seen nothing. */
  ended(entry: Pick<Entry, 'requestId' | 'startedAtMs'>, outcome: Outcome | undefined, seconds: number): void;
}

/** What user code threw. */
export class Thrown extends Error {
  constructor(cause: unknown) {
    super('user code threw', { cause });
  }
}

/** One request from its arrival to its end: deadline, answer, outcome. It ends exactly once. */
export class Invocation implements ContextSource, Entry {
  readonly requestId: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly deadlineMs: number;
  readonly startedAtMs = Date.now();
  /** Called before the watcher answers on a response that user code has had in its hands. */
  onReclaim: () => void = () => undefined;
  readonly #host: InvocationHost;
  readonly #started = performance.now();
  readonly #timer: NodeJS.Timeout;
  #abort: AbortController | undefined;
  #entered = false;
  #over = false;

  constructor(host: InvocationHost, request: IncomingMessage, response: ServerResponse, requestId: string, timeoutMs: number) {
    this.#host = host;
    this.request = request;
    this.response = response;
    this.requestId = requestId;
    const limitMs = effectiveTimeout(timeoutMs, request.headers[HEADERS.timeoutMs]);
    this.deadlineMs = this.startedAtMs + limitMs;
    this.#timer = setTimeout(() => this.#expire(), limitMs);
  }

  /** Whether nothing more may be written. */
  get over(): boolean {
    return this.#over;
  }

  get method(): string {
    return this.request.method ?? 'GET';
  }

  get traceparent(): string | undefined {
    const value = this.request.headers[HEADERS.traceparent];
    return typeof value === 'string' ? value : undefined;
  }

  /** Runs user code; what it throws becomes `Thrown`. */
  enter<T>(code: (context: InvocationContext) => T): Promise<Awaited<T>> {
    this.#entered = true;
    this.#host.entered(this);
    const context = new InvocationContext(this, this.#host.identity);
    return this.guard(() => code(context));
  }

  /** More user code of the same invocation: a chunk of a stream. */
  async guard<T>(code: () => T): Promise<Awaited<T>> {
    try {
      return await this.#host.output.run(this.requestId, code);
    } catch (cause) {
      throw cause instanceof WatcherError ? cause : new Thrown(cause);
    }
  }

  begin(): void {
    this.#host.begun(this.response);
  }

  signal(): AbortSignal {
    if (!this.#abort) {
      const abort = new AbortController();
      this.#abort = abort;
      if (this.response.destroyed || this.#over) abort.abort();
      this.response.once('close', () => this.response.writableFinished || abort.abort());
    }
    return this.#abort.signal;
  }

  log(level: Level, message: string, fields: Fields | undefined): void {
    this.#host.output.log(level, message, this.requestId, fields);
  }

  /** The whole answer is written, or its client has gone. */
  succeed(): void {
    discardRest(this.request);
    this.#end('ok');
  }

  fail(thrown: unknown): void {
    if (this.#over) return;
    if (thrown instanceof ClientGone) return this.#end(undefined);
    const { error, stack } = describe(thrown);
    if (DATA_STATUS[error.code] >= 500) this.#report(error, stack);
    this.#answer(error);
    this.#end(this.#entered ? 'error' : undefined);
  }

  /** User code has answered by itself, and said that it failed. */
  admitFailure(error: WatcherError): void {
    if (this.#over) return;
    discardRest(this.request);
    this.#report(error, undefined);
    this.#end('error');
  }

  #expire(): void {
    if (this.#over) return;
    const error = new WatcherError('FUNCTION_TIMEOUT', `the function did not answer within ${this.deadlineMs - this.startedAtMs} ms`);
    const handled = this.#entered ? this.#host.timedOut() : Promise.resolve();
    if (!handled) return;
    this.#over = true;
    this.#abort?.abort();
    if (this.#entered) this.#report(error, undefined);
    void handled.then(() => this.#answer(error));
    this.#end(this.#entered ? 'timeout' : undefined, true);
  }

  #answer(error: WatcherError): void {
    if (!this.response.headersSent) {
      this.onReclaim();
      this.begin();
      answerError(this.request, this.response, this.requestId, error.code, error.message);
    } else if (!this.response.writableFinished) {
      this.request.socket.resetAndDestroy();
    }
  }

  #report(error: WatcherError, stack: string | undefined): void {
    this.#host.failed({
      code: error.code,
      message: error.message,
      stack,
      requestId: this.requestId,
      durationMs: Math.round(performance.now() - this.#started),
    });
  }

  #end(outcome: Outcome | undefined, expired = false): void {
    if (this.#over && !expired) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#host.ended(this, outcome, (performance.now() - this.#started) / 1000);
  }
}

/** The smaller of the function's timeout and the caller's, where the caller's is an integer of 1 or more (W5.4). */
export function effectiveTimeout(timeoutMs: number, header: string | string[] | undefined): number {
  if (typeof header !== 'string' || !/^[1-9]\d{0,15}$/.test(header)) return timeoutMs;
  return Math.min(timeoutMs, Number(header));
}

/** What the caller is told, and the stack for the log alone (W6.6). */
export function describe(thrown: unknown): { readonly error: WatcherError; readonly stack: string | undefined } {
  if (thrown instanceof WatcherError) return { error: thrown, stack: undefined };
  if (!(thrown instanceof Thrown))
    return { error: new WatcherError('INTERNAL', 'the watcher failed'), stack: thrown instanceof Error ? thrown.stack : String(thrown) };
  const { cause } = thrown;
  const isError = cause instanceof Error || (typeof cause === 'object' && cause !== null && 'message' in cause);
  const { name, message, stack } = isError ? (cause as Error) : { name: 'Error', message: String(cause), stack: undefined };
  const firstLine = String(message).split('\n', 1)[0] ?? '';
  return { error: new WatcherError('FUNCTION_ERROR', `${String(name || 'Error')}: ${firstLine}`), stack: typeof stack === 'string' ? stack : undefined };
}
