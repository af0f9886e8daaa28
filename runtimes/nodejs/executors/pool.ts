import type { Socket } from 'node:net';
import type { RefusalCode } from '../contract.ts';
import type { LoadOrder } from '../messages.ts';
import type { ExecutorProcess } from './executor-process.ts';
import type { Stats } from './stats.ts';

/** The executors of one revision. */
export interface Pool {
  /**
   * Loads the revision; resolves with the milliseconds that its modules took when requests can be served.
   * @throws WatcherError LOAD_FAILED
   */
  start(): Promise<number>;
  /** False while starts keep failing, and after `stop`. */
  readonly serving: boolean;
  /** A new connection, of which no byte has been read. */
  take(socket: Socket): void;
  report(): Promise<PoolReport>;
  /** Refuses what is new with `code`; what runs goes on. The executors end when they have nothing left. */
  stop(code: RefusalCode): void;
  /** Resolves when every executor has ended. */
  readonly ended: Promise<void>;
  kill(): void;
}

export interface PoolReport {
  readonly inFlight: number;
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
  /** Of the executor that has been silent longest; null without one. */
  readonly heartbeatAgeMs: number | null;
}

export interface PoolOptions {
  readonly order: LoadOrder;
  readonly memoryLimitBytes: number | undefined;
  readonly stats: Stats;
  spawn(): ExecutorProcess;
  /** Answers a connection's request with a refusal. */
  refuse(socket: Socket, code: RefusalCode): void;
  /** Sends a connection to whoever serves now. */
  route(socket: Socket): void;
}

/** A caller waits for a loading executor rather than being refused; not more of them than this. */
export const MAX_WAITING = 1024;

export async function reportOf(executors: Iterable<ExecutorProcess>): Promise<PoolReport> {
  const all = [...executors];
  await Promise.all(all.map((executor) => executor.report()));
  const now = performance.now();
  const sum = (of: (executor: ExecutorProcess) => number) => all.reduce((total, executor) => total + of(executor), 0);
  return {
    inFlight: sum(({ last }) => last?.inFlight ?? 0),
    memoryBytes: sum(({ rssBytes }) => rssBytes),
    cpuSeconds: sum(({ last }) => last?.cpuSeconds ?? 0),
    heartbeatAgeMs: all.length === 0 ? null : Math.round(Math.max(...all.map(({ lastBeatMs }) => now - lastBeatMs))),
  };
}
