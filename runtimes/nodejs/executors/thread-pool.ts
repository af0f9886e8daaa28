import type { Socket } from 'node:net';
import type { RefusalCode } from '../contract.ts';
import { KEEP_ALIVE_MS } from '../http-options.ts';
import type { Notice } from '../messages.ts';
import { asWatcherError } from '../watcher-error.ts';
import { backoffMs, isFailedStart } from './backoff.ts';
import type { Exit, ExecutorProcess } from './executor-process.ts';
import { CHECK_MS, decideReplacement, isSilent } from './health.ts';
import { MAX_WAITING, reportOf, type Pool, type PoolOptions, type PoolReport } from './pool.ts';
import type { LastError } from './stats.ts';

/** A connection that was handed over just before a switch may bring its first request for so long. */
const SWITCH_GRACE_MS = 250;
/** After its last request an executor waits for idle connections to close by themselves, so that no request meets a reset. */
const LINGER_MS = KEEP_ALIVE_MS + 1500;
const LINGER_AFTER_TIMEOUT_MS = 1000;

/** Thread mode: one executor runs up to `concurrency` invocations (W5.7). When it fails a fresh one takes over, and callers wait for it. */
export class ThreadPool implements Pool {
  readonly ended: Promise<void>;
  readonly #options: PoolOptions;
  readonly #all = new Set<ExecutorProcess>();
  readonly #silentChecks = new Map<ExecutorProcess, number>();
  readonly #check: NodeJS.Timeout;
  #current: ExecutorProcess | undefined;
  #loadedAtMs = 0;
  #waiting: Socket[] = [];
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #stopped: RefusalCode | undefined;
  #end: () => void = () => undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.#check = setInterval(() => this.#checkHealth(), CHECK_MS);
  }

  get serving(): boolean {
    return this.#stopped === undefined && this.#retry === undefined;
  }

  async start(): Promise<number> {
    const executor = this.#options.spawn();
    this.#adopt(executor);
    try {
      const initMs = await executor.load(this.#options.order);
      this.#serveWith(executor);
      return initMs;
    } catch (error) {
      executor.kill();
      throw error;
    }
  }

  take(socket: Socket): void {
    if (this.#stopped !== undefined) this.#options.refuse(socket, this.#stopped);
    else if (this.#current) this.#current.hand(socket, false);
    else if (this.#retry === undefined && this.#waiting.length < MAX_WAITING) this.#waiting.push(socket);
    else this.#options.refuse(socket, 'EXECUTOR_UNAVAILABLE');
  }

  async report(): Promise<PoolReport> {
    const report = await reportOf(this.#all);
    return { ...report, inFlight: report.inFlight + this.#waiting.length };
  }

  stop(code: RefusalCode): void {
    if (this.#stopped === undefined) {
      clearTimeout(this.#retry);
      const { order } = this.#options;
      const current = this.#current;
      this.#stopped = code;
      this.#current = undefined;
      if (current) this.#finish(current, code, code === 'EXECUTOR_RETIRED' ? SWITCH_GRACE_MS : 0, order.timeoutMs + LINGER_MS, LINGER_MS);
      for (const socket of this.#waiting.splice(0)) this.#options.route(socket);
    }
    this.#checkEnd();
  }

  kill(): void {
    this.stop('DRAINING');
    for (const executor of this.#all) executor.kill();
  }

  #adopt(executor: ExecutorProcess): void {
    this.#all.add(executor);
    void executor.exited.then((exit) => this.#exited(executor, exit));
  }

  #serveWith(executor: ExecutorProcess): void {
    executor.onNotice = (notice) => this.#receive(executor, notice);
    if (this.#stopped !== undefined) return executor.kill();
    this.#current = executor;
    this.#loadedAtMs = performance.now();
    for (const socket of this.#waiting.splice(0)) executor.hand(socket, false);
  }

  #receive(executor: ExecutorProcess, notice: Notice): void {
    const { stats } = this.#options;
    if (notice.kind === 'beat' || notice.kind === 'report') stats.tally.add(notice.tally);
    if (notice.kind === 'failure') stats.failed(notice);
    if (notice.kind === 'timed-out') this.#replace(executor, { code: 'FUNCTION_TIMEOUT', message: 'an invocation passed its deadline' });
  }

  /** A fresh executor takes over at once; the old one finishes what it has, then ends (W5.5). */
  #replace(executor: ExecutorProcess, reason: LastError): void {
    if (executor !== this.#current) return;
    this.#current = undefined;
    const { timeoutMs } = this.#options.order;
    this.#finish(executor, 'EXECUTOR_RETIRED', 0, timeoutMs + LINGER_AFTER_TIMEOUT_MS, LINGER_AFTER_TIMEOUT_MS);
    this.#startOver(reason);
  }

  #startOver(reason: LastError): void {
    if (this.#stopped !== undefined) return;
    this.#options.stats.replaced(reason);
    const delayMs = backoffMs(this.#failures);
    if (delayMs === 0) return void this.#restart();
    for (const socket of this.#waiting.splice(0)) this.#options.refuse(socket, 'EXECUTOR_UNAVAILABLE');
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.#restart();
    }, delayMs);
  }

  async #restart(): Promise<void> {
    try {
      await this.start();
      this.#failures = 0;
    } catch (thrown) {
      this.#failures += 1;
      const { code, message, place } = asWatcherError(thrown);
      this.#startOver({ code, message, ...place });
    }
  }

  /** Retires an executor and ends it when its requests are done and `lingerMs` have passed, or after `limitMs`. It ends by itself when its connections are closed before. */
  #finish(executor: ExecutorProcess, code: RefusalCode, graceMs: number, limitMs: number, lingerMs: number): void {
    executor.retire(code, graceMs);
    const deadline = performance.now() + limitMs;
    let idleSince: number | undefined;
    const timer = setInterval(() => {
      const now = performance.now();
      if (executor.last?.inFlight === 0) idleSince ??= now;
      else idleSince = undefined;
      if (now > deadline || (idleSince !== undefined && now - idleSince > lingerMs)) executor.kill();
    }, CHECK_MS);
    void executor.exited.then(() => clearInterval(timer));
  }

  #exited(executor: ExecutorProcess, { reason, untaken, running }: Exit): void {
    const { stats } = this.#options;
    this.#all.delete(executor);
    this.#silentChecks.delete(executor);
    stats.ended(executor.last);
    if (!executor.expected) this.#blame(running, 'FUNCTION_CRASHED', `the executor ended: ${reason}`);
    if (executor === this.#current) {
      this.#current = undefined;
      this.#failures = isFailedStart(performance.now() - this.#loadedAtMs, executor.taken) ? this.#failures + 1 : 0;
      this.#startOver({ code: 'FUNCTION_CRASHED', message: `the executor ended: ${reason}` });
    }
    for (const socket of untaken) this.#options.route(socket);
    this.#checkEnd();
  }

  /** Accounts for invocations that went down with their executor. */
  #blame(running: Exit['running'], code: 'FUNCTION_CRASHED' | 'FUNCTION_TIMEOUT', message: string): void {
    const { stats } = this.#options;
    for (const { requestId, startedAtMs } of running) {
      const durationMs = Date.now() - startedAtMs;
      stats.tally.count(code === 'FUNCTION_TIMEOUT' ? 'timeout' : 'error', durationMs / 1000);
      stats.failed({ code, requestId, durationMs, message });
    }
  }

  #checkHealth(): void {
    const { order, memoryLimitBytes } = this.#options;
    for (const executor of this.#all) {
      if (executor !== this.#current) continue;
      const silentMs = performance.now() - executor.lastBeatMs;
      const silentChecks = this.#silentChecks.get(executor) ?? 0;
      const rssBytes = memoryLimitBytes === undefined ? undefined : executor.rssBytes;
      const reason = decideReplacement({ silentMs, silentChecks, rssBytes }, { timeoutMs: order.timeoutMs, memoryLimitBytes });
      this.#silentChecks.set(executor, isSilent(silentMs, order.timeoutMs) ? silentChecks + 1 : 0);
      if (!reason) continue;
      // It cannot finish anything: all that it runs is past its deadline, or takes memory that is not there.
      this.#blame(executor.last?.running ?? [], reason.code === 'FUNCTION_TIMEOUT' ? 'FUNCTION_TIMEOUT' : 'FUNCTION_CRASHED', reason.message);
      this.#current = undefined;
      executor.kill();
      this.#startOver(reason);
    }
  }

  #checkEnd(): void {
    if (this.#stopped === undefined || this.#all.size > 0) return;
    clearInterval(this.#check);
    this.#end();
  }
}
