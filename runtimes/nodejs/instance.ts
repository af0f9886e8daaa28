import { rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { decidePush } from './control/decide-push.ts';
import type { FunctionRef, LoadDocument } from './control/load-document.ts';
import type { Act } from './control/token.ts';
import type { Guardian } from './executors/guardian.ts';
import type { Pool, PoolReport } from './executors/pool.ts';
import { ProcessPool } from './executors/process-pool.ts';
import { Stats } from './executors/stats.ts';
import { ExecutorStock } from './executors/stock.ts';
import { ThreadPool } from './executors/thread-pool.ts';
import type { Log } from './log.ts';
import { writeMarker } from './marker.ts';
import { decodePackage } from './package/decode.ts';
import { unpackTo } from './package/unpack.ts';
import { createRefusalServer } from './refusal-server.ts';
import { asWatcherError } from './watcher-error.ts';

export type State = 'idle' | 'loading' | 'ready' | 'draining' | 'failed';

export interface PushResult {
  readonly content: string;
  readonly generation: number;
  readonly timings: { readonly codeMs: number; readonly dependenciesMs: number; readonly initMs: number };
}

interface Served {
  readonly document: LoadDocument;
  readonly folder: string;
  readonly pool: Pool;
  readonly result: PushResult;
}

export interface InstanceOptions {
  readonly config: Config;
  readonly log: Log;
  readonly guardian: Guardian;
  /** From the marker of an earlier life. */
  readonly owner: FunctionRef | null;
}

/** The one function instance that this watcher is: what it serves, and how it gets there. */
export class Instance {
  readonly startedAt = new Date();
  readonly stats: Stats;
  readonly #options: InstanceOptions;
  readonly #refusals = createRefusalServer(() => this.stats.tally.count('refused'));
  readonly #stock: ExecutorStock;
  readonly #pools = new Set<Pool>();
  #owner: FunctionRef | null;
  #served: Served | undefined;
  #loading = 0;
  #failed = false;
  #draining = false;
  #folders = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: InstanceOptions) {
    this.#options = options;
    this.#owner = options.owner;
    this.stats = new Stats(options.log, () => this.functionName);
    const { config, guardian, log } = options;
    this.#stock = new ExecutorStock({ scratch: config.scratch, guardian, log, functionName: () => this.functionName });
  }

  get state(): State {
    if (this.#draining) return 'draining';
    if (this.#served) return this.#served.pool.serving ? 'ready' : 'loading';
    if (this.#loading > 0) return 'loading';
    return this.#failed ? 'failed' : 'idle';
  }

  /** It serves its function, or may be given any. */
  get available(): boolean {
    return this.state === 'ready' || (this.state === 'idle' && this.#owner === null);
  }

  /** The function that this instance belongs to for life, also when it does not serve it yet. */
  get owner(): FunctionRef | null {
    return this.#owner;
  }

  get functionName(): string | undefined {
    return this.#owner ? `${this.#owner.namespace}/${this.#owner.name}` : undefined;
  }

  get document(): LoadDocument | undefined {
    return this.#served?.document;
  }

  /** A new connection of the data port. */
  route(socket: Socket): void {
    if (this.#draining) this.#refusals.take(socket, 'DRAINING');
    else if (this.#served) this.#served.pool.take(socket);
    else this.#refusals.take(socket, 'NOT_SPECIALIZED');
  }

  /** @throws WatcherError when the push would not be loaded anyway, before its package is read */
  check(act: Exclude<Act, 'drain'>, document: LoadDocument): 'same' | 'load' {
    const served = this.#served ? { generation: this.#served.document.generation, content: this.#served.document.content } : null;
    return decidePush({ owner: this.#owner, served, draining: this.#draining }, act, document);
  }

  /**
   * Loads a revision beside what is served and moves new requests to it; one push after the other.
   * @throws WatcherError; what was served goes on
   */
  push(act: Exclude<Act, 'drain'>, document: LoadDocument, bytes: Buffer, receivedMs: number): Promise<PushResult> {
    const turn = this.#last.then(() => this.#push(act, document, bytes, receivedMs));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async report(): Promise<PoolReport> {
    const reports = await Promise.all([...this.#pools].map((pool) => pool.report()));
    const idle = this.#stock.waiting;
    // One that waits for its function shows no heartbeat by itself.
    await idle?.report();
    const ages = reports.map(({ heartbeatAgeMs }) => heartbeatAgeMs).filter((age) => age !== null);
    return {
      inFlight: reports.reduce((sum, { inFlight }) => sum + inFlight, 0),
      memoryBytes: reports.reduce((sum, { memoryBytes }) => sum + memoryBytes, idle?.rssBytes ?? 0) + process.memoryUsage.rss(),
      cpuSeconds: reports.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, idle?.last?.cpuSeconds ?? 0) + this.stats.endedCpuSeconds + ownCpuSeconds(),
      heartbeatAgeMs: ages.length > 0 ? Math.max(...ages) : idle ? Math.round(performance.now() - idle.lastBeatMs) : null,
    };
  }

  /** Refuses from now on; resolves with what is still in flight when that is nothing, or after `timeoutMs` (W9.1). */
  async drain(timeoutMs: number): Promise<number> {
    this.#draining = true;
    for (const pool of this.#pools) pool.stop('DRAINING');
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const { inFlight } = await this.report();
      const left = deadline - performance.now();
      if (inFlight === 0 || left <= 0) return inFlight;
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, 25)));
    }
  }

  /** Ends every executor at once. */
  async close(): Promise<void> {
    this.#draining = true;
    this.#refusals.close();
    for (const pool of this.#pools) pool.kill();
    await Promise.all([this.#stock.close(), ...[...this.#pools].map((pool) => pool.ended)]);
  }

  async #push(act: Exclude<Act, 'drain'>, document: LoadDocument, bytes: Buffer, receivedMs: number): Promise<PushResult> {
    const decision = this.check(act, document);
    if (decision === 'same' && this.#served) return this.#served.result;
    this.#loading += 1;
    try {
      const result = await this.#load(document, bytes, receivedMs);
      this.stats.lastError = null;
      this.#failed = false;
      return result;
    } catch (thrown) {
      const error = asWatcherError(thrown);
      this.#failed = this.#served === undefined;
      this.stats.errorOf(error);
      this.#options.log.write('error', 'revision refused', {
        function: this.functionName,
        generation: document.generation,
        code: error.code,
        error: error.message,
        ...error.place,
      });
      throw error;
    } finally {
      this.#loading -= 1;
    }
  }

  async #load(document: LoadDocument, bytes: Buffer, receivedMs: number): Promise<PushResult> {
    const started = performance.now();
    const files = decodePackage(bytes, document.package);
    const folder = join(this.#options.config.scratch, 'code', `${document.generation}-${(this.#folders += 1)}`);
    const marked = this.#owner ? Promise.resolve() : writeMarker(this.#options.config.scratch, document.function);
    await Promise.all([marked, unpackTo(folder, files)]);
    this.#owner = document.function;
    const codeMs = receivedMs + performance.now() - started;
    const pool = this.#createPool(document, folder);
    try {
      const initMs = await pool.start();
      const result = {
        content: document.content,
        generation: document.generation,
        timings: { codeMs: round(codeMs), dependenciesMs: 0, initMs: round(initMs) },
      };
      this.#switchTo({ document, folder, pool, result });
      return result;
    } catch (error) {
      pool.kill();
      throw error;
    }
  }

  #createPool(document: LoadDocument, folder: string): Pool {
    const { handler, signature, mode, concurrency, timeoutMs, maxBodyBytes, env, content } = document;
    const { memoryLimitBytes } = this.#options.config;
    const Kind = mode === 'process' ? ProcessPool : ThreadPool;
    const pool = new Kind({
      order: { function: document.function, content, handler, signature, mode, concurrency, timeoutMs, maxBodyBytes, env, folder, memoryLimitBytes },
      memoryLimitBytes,
      stats: this.stats,
      spawn: () => this.#stock.take(),
      refuse: (socket, code) => this.#refusals.take(socket, code),
      route: (socket) => this.route(socket),
    });
    this.#pools.add(pool);
    void pool.ended.then(() => {
      this.#pools.delete(pool);
      return rm(folder, { recursive: true, force: true });
    });
    return pool;
  }

  #switchTo(next: Served): void {
    const before = this.#served;
    this.#served = next;
    before?.pool.stop('EXECUTOR_RETIRED');
    if (this.#draining) next.pool.stop('DRAINING');
    this.#options.log.write('info', 'revision serves', {
      function: this.functionName,
      generation: next.result.generation,
      content: next.result.content,
      ...next.result.timings,
    });
  }
}

function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
