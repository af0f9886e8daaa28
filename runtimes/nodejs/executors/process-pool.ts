import type { Socket } from 'node:net';
import type { RefusalCode } from '../contract.ts';
import type { Notice } from '../messages.ts';
import { asWatcherError } from '../watcher-error.ts';
import { backoffMs, isFailedStart } from './backoff.ts';
import type { Exit } from './executor-process.ts';
import { CHECK_MS, decideReplacement } from './health.ts';
import { Job, type Lane } from './lane.ts';
import { reportOf, type Pool, type PoolOptions, type PoolReport } from './pool.ts';

/** Process mode: up to `concurrency` executors, each with one connection and one invocation at a time (W5.7). One more than is busy is kept loaded. */
export class ProcessPool implements Pool {
  readonly ended: Promise<void>;
  readonly #options: PoolOptions;
  readonly #lanes = new Set<Lane>();
  readonly #check: NodeJS.Timeout;
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
    const initMs = await this.#startLane();
    this.#grow();
    return initMs;
  }

  take(socket: Socket): void {
    const { order, refuse } = this.#options;
    if (this.#stopped !== undefined) return refuse(socket, this.#stopped);
    const free = this.#find('free');
    if (free) {
      this.#assign(free, socket);
      return this.#grow();
    }
    if (this.#retry !== undefined) return refuse(socket, 'EXECUTOR_UNAVAILABLE');
    if (this.#count('busy') + this.#waiting.length >= order.concurrency) return refuse(socket, 'CONCURRENCY_LIMIT');
    this.#waiting.push(socket);
    this.#grow();
  }

  async report(): Promise<PoolReport> {
    const report = await reportOf([...this.#lanes].map(({ executor }) => executor));
    return { ...report, inFlight: this.#count('busy') + this.#waiting.length };
  }

  stop(code: RefusalCode): void {
    if (this.#stopped === undefined) {
      this.#stopped = code;
      clearTimeout(this.#retry);
      for (const lane of this.#lanes) if (lane.state !== 'busy') lane.executor.kill();
      for (const socket of this.#waiting.splice(0)) this.#options.route(socket);
    }
    this.#checkEnd();
  }

  kill(): void {
    this.stop('DRAINING');
    for (const { executor } of this.#lanes) executor.kill();
  }

  async #startLane(): Promise<number> {
    const lane: Lane = { executor: this.#options.spawn(), state: 'loading', job: undefined, verdict: undefined };
    this.#lanes.add(lane);
    void lane.executor.exited.then((exit) => this.#exited(lane, exit));
    try {
      const initMs = await lane.executor.load(this.#options.order);
      lane.executor.onNotice = (notice) => this.#receive(lane, notice);
      this.#failures = 0;
      this.#free(lane);
      return initMs;
    } catch (error) {
      lane.executor.kill();
      throw error;
    }
  }

  /** Starts lanes until one is free, or on its way, beyond those that connections wait for. */
  #grow(): void {
    if (this.#stopped !== undefined || this.#retry !== undefined) return;
    const coming = () => this.#count('free') + this.#count('loading');
    while (coming() <= this.#waiting.length && this.#lanes.size < this.#options.order.concurrency) this.#restart();
  }

  #restart(): void {
    void this.#startLane().catch((thrown: unknown) => {
      const { code, message, place } = asWatcherError(thrown);
      this.#options.stats.lastError = { code, message, ...place };
      this.#backOff();
    });
  }

  #backOff(): void {
    if (this.#stopped !== undefined || this.#retry !== undefined) return;
    this.#failures += 1;
    if (this.#count('free') + this.#count('busy') === 0) for (const socket of this.#waiting.splice(0)) this.#options.refuse(socket, 'EXECUTOR_UNAVAILABLE');
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#grow();
    }, backoffMs(this.#failures));
  }

  #assign(lane: Lane, socket: Socket): void {
    lane.state = 'busy';
    lane.job = new Job(socket);
    lane.executor.hand(socket, true);
  }

  #free(lane: Lane): void {
    lane.job?.release();
    lane.job = undefined;
    lane.state = 'free';
    if (this.#stopped !== undefined) return lane.executor.kill();
    const next = this.#waiting.shift();
    if (next) this.#assign(lane, next);
  }

  #receive(lane: Lane, notice: Notice): void {
    const { stats } = this.#options;
    const { job } = lane;
    if (notice.kind === 'beat' || notice.kind === 'report' || notice.kind === 'free') stats.tally.add(notice.tally);
    if (notice.kind === 'failure') stats.failed(notice);
    if (notice.kind === 'begun' && job) job.begun = true;
    if (notice.kind === 'started' && job) {
      job.started = notice;
      if (notice.deadlineInMs !== undefined) job.deadline = setTimeout(() => this.#expire(lane), notice.deadlineInMs);
    }
    if (notice.kind === 'free') this.#free(lane);
  }

  #expire(lane: Lane): void {
    lane.verdict = { code: 'FUNCTION_TIMEOUT', message: 'the function did not answer within its deadline' };
    lane.executor.kill();
  }

  #exited(lane: Lane, { reason, untaken }: Exit): void {
    const { stats, route } = this.#options;
    const { executor, job, verdict } = lane;
    this.#lanes.delete(lane);
    stats.ended(executor.last);
    const wasTaken = job !== undefined && !untaken.includes(job.socket);
    const code = verdict?.code === 'FUNCTION_TIMEOUT' ? 'FUNCTION_TIMEOUT' : 'FUNCTION_CRASHED';
    const message = verdict?.message ?? `the executor ended: ${reason}`;
    if (job?.started && wasTaken) {
      stats.tally.count(code === 'FUNCTION_TIMEOUT' ? 'timeout' : 'error', job.durationMs / 1000);
      stats.failed({ code, message, requestId: job.started.requestId, durationMs: job.durationMs });
    }
    if (wasTaken) job.fail(code, message);
    for (const socket of untaken) route(socket);
    const ownFault = !executor.expected || verdict !== undefined;
    if (this.#stopped === undefined && ownFault && lane.state !== 'loading') {
      stats.replaced({ code: verdict?.code ?? code, message });
      if (!verdict && isFailedStart(Date.now() - executor.startedAtMs, executor.taken)) this.#backOff();
    }
    this.#grow();
    this.#checkEnd();
  }

  #checkHealth(): void {
    const { order, memoryLimitBytes } = this.#options;
    for (const lane of this.#lanes) {
      if (lane.state === 'loading' || lane.verdict) continue;
      // Silence of a busy lane is ended by its deadline; a free one is expected to be quick again.
      const rssBytes = memoryLimitBytes === undefined ? undefined : lane.executor.rssBytes;
      const silentMs = lane.state === 'busy' ? 0 : performance.now() - lane.executor.lastBeatMs;
      const reason = decideReplacement({ silentMs, silentChecks: 1, rssBytes }, { timeoutMs: Math.max(order.timeoutMs, 1000), memoryLimitBytes });
      if (!reason) continue;
      lane.verdict = { code: reason.code === 'MEMORY_LIMIT' ? 'MEMORY_LIMIT' : 'FUNCTION_TIMEOUT', message: reason.message };
      lane.executor.kill();
    }
  }

  #find(state: Lane['state']): Lane | undefined {
    for (const lane of this.#lanes) if (lane.state === state && lane.verdict === undefined) return lane;
    return undefined;
  }

  #count(state: Lane['state']): number {
    let count = 0;
    for (const lane of this.#lanes) if (lane.state === state) count += 1;
    return count;
  }

  #checkEnd(): void {
    if (this.#stopped === undefined || this.#lanes.size > 0) return;
    clearInterval(this.#check);
    this.#end();
  }
}
