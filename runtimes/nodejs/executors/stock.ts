import type { Guardian } from './guardian.ts';
import { ExecutorProcess } from './executor-process.ts';
import type { OutputLine } from './output-lines.ts';
import type { Level, Log } from '../log.ts';

export interface StockOptions {
  readonly scratch: string;
  readonly guardian: Guardian;
  readonly log: Log;
  functionName(): string | undefined;
}

const RETRY_MS = 1000;

/** Starts executors, and keeps one waiting until the first specialization takes it (W1.2). */
export class ExecutorStock {
  readonly #options: StockOptions;
  #waiting: ExecutorProcess | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: StockOptions) {
    this.#options = options;
    this.#warmUp();
  }

  /** The executor that waits; undefined once it was taken. */
  get waiting(): ExecutorProcess | undefined {
    return this.#waiting;
  }

  /** The executor that waits, or a new one. */
  take(): ExecutorProcess {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    clearTimeout(this.#retry);
    return waiting ?? this.#start();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#waiting?.kill();
    await this.#waiting?.exited;
  }

  #start(): ExecutorProcess {
    const { scratch, guardian } = this.#options;
    return new ExecutorProcess({ scratch, guardian, onOutput: (stream, line) => this.#log(stream, line) });
  }

  #warmUp(): void {
    const executor = this.#start();
    this.#waiting = executor;
    void executor.exited.then(({ reason }) => {
      if (this.#waiting !== executor || this.#closed) return;
      this.#options.log.write('warn', 'the waiting executor ended', { reason });
      this.#waiting = undefined;
      this.#retry = setTimeout(() => this.#warmUp(), RETRY_MS);
    });
  }

  #log(stream: 'stdout' | 'stderr', line: OutputLine): void {
    const { log, functionName } = this.#options;
    const about = { function: functionName(), ...(line.requestId === undefined ? {} : { requestId: line.requestId }) };
    if (line.kind === 'logged') log.write(line.level as Level, line.message, { ...about, ...(line.fields === undefined ? {} : { fields: line.fields }) });
    else log.write(stream === 'stderr' ? 'error' : 'info', 'function output', { ...about, line: line.line, ...(line.truncated ? { truncated: true } : {}) });
  }
}
