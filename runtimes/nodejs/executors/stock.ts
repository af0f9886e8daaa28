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
/** Code that was replaced once is likely to be replaced again soon: then another executor is started this long after one was taken … */
const REFILL_QUIET_MS = 100;
/** … and waits for this long, so that an instance that is left alone pays no memory for it. */
const SPARE_MS = 600_000;

/** Starts executors, and keeps one waiting until the first specialization takes it (W1.2), later while they are needed often. */
export class ExecutorStock {
  readonly #options: StockOptions;
  #waiting: ExecutorProcess | undefined;
  #retry: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #taken = 0;
  #closed = false;

  constructor(options: StockOptions) {
    this.#options = options;
    this.#warmUp();
  }

  /** The executor that waits, if one does. */
  get waiting(): ExecutorProcess | undefined {
    return this.#waiting;
  }

  /** The executor that waits, or a new one. */
  take(): ExecutorProcess {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    clearTimeout(this.#retry);
    clearTimeout(this.#expiry);
    this.#taken += 1;
    if (this.#taken > 1) this.#retry = setTimeout(() => this.#keepSpare(), REFILL_QUIET_MS);
    return waiting ?? this.#start();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#expiry);
    this.#waiting?.kill();
    await this.#waiting?.exited;
  }

  #keepSpare(): void {
    if (this.#closed) return;
    this.#warmUp();
    this.#expiry = setTimeout(() => {
      const spare = this.#waiting;
      this.#waiting = undefined;
      spare?.kill();
    }, SPARE_MS);
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
