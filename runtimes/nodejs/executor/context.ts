import type { Fields, Level } from '../log.ts';

export interface ContextLog {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** What a context asks of its invocation. */
export interface ContextSource {
  readonly requestId: string;
  readonly deadlineMs: number;
  readonly traceparent: string | undefined;
  /** Aborted when the client goes away or the deadline passes. */
  signal(): AbortSignal;
  log(level: Level, message: string, fields: Fields | undefined): void;
}

export interface FunctionIdentity {
  readonly namespace: string;
  readonly functionName: string;
  readonly content: string;
}

/** The handler's second argument (W6.7). What costs something is made when it is asked for. */
export class InvocationContext {
  readonly #source: ContextSource;
  readonly namespace: string;
  readonly functionName: string;
  readonly content: string;

  constructor(source: ContextSource, identity: FunctionIdentity) {
    this.#source = source;
    this.namespace = identity.namespace;
    this.functionName = identity.functionName;
    this.content = identity.content;
  }

  get requestId(): string {
    return this.#source.requestId;
  }

  /** When the caller gives up. */
  get deadline(): Date {
    return new Date(this.#source.deadlineMs);
  }

  remainingMs(): number {
    return Math.max(0, this.#source.deadlineMs - Date.now());
  }

  get signal(): AbortSignal {
    return this.#source.signal();
  }

  get traceparent(): string | undefined {
    return this.#source.traceparent;
  }

  get log(): ContextLog {
    const source = this.#source;
    const at =
      (level: Level) =>
      (message: string, fields?: Fields): void =>
        source.log(level, String(message), fields);
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }
}
