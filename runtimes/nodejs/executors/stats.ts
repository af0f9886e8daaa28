import type { Failure, Report } from '../messages.ts';
import type { Log } from '../log.ts';
import { Tally } from '../tally.ts';
import type { WatcherError } from '../watcher-error.ts';

export interface LastError {
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
}

/** What the instance has counted over all its executors, also those that are gone. */
export class Stats {
  readonly tally = new Tally();
  restarts = 0;
  endedCpuSeconds = 0;
  lastError: LastError | null = null;
  readonly #log: Log;
  readonly #functionName: () => string | undefined;

  constructor(log: Log, functionName: () => string | undefined) {
    this.#log = log;
    this.#functionName = functionName;
  }

  /** One log line for each failed invocation (W8.2). */
  failed({ code, requestId, durationMs, message, stack }: Failure): void {
    this.#log.write('error', 'invocation failed', { function: this.#functionName(), code, requestId, durationMs, error: message, stack });
  }

  errorOf({ code, message, place }: WatcherError): void {
    this.lastError = { code, message, ...place };
  }

  ended(report: Report | undefined): void {
    this.endedCpuSeconds += report?.cpuSeconds ?? 0;
  }

  replaced(reason: LastError): void {
    this.restarts += 1;
    this.lastError = reason;
    this.#log.write('warn', 'executor replaced', { function: this.#functionName(), code: reason.code, reason: reason.message });
  }
}
