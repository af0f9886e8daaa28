import type { Socket } from 'node:net';
import type { WatcherCode } from '../contract.ts';
import type { Notice } from '../messages.ts';
import { rawError } from '../refusal.ts';
import { requestIdOf } from '../request-id.ts';
import type { ExecutorProcess } from './executor-process.ts';

type Started = Extract<Notice, { kind: 'started' }>;

/** The one connection that an executor in process mode has at a time. The supervisor keeps its own descriptor, to answer when the executor cannot. */
export class Job {
  readonly socket: Socket;
  readonly startedAtMs = Date.now();
  started: Started | undefined;
  begun = false;
  deadline: NodeJS.Timeout | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  get durationMs(): number {
    return Date.now() - this.startedAtMs;
  }

  /** The executor has answered: only our descriptor is left to close. */
  release(): void {
    clearTimeout(this.deadline);
    this.socket.destroy();
  }

  /** The executor is gone. Answers in its place, or cuts the connection where an answer had begun (W5.4, W5.8). */
  fail(code: WatcherCode, message: string): void {
    clearTimeout(this.deadline);
    const { socket, started } = this;
    if (!started || this.begun) return void socket.resetAndDestroy();
    socket.on('error', () => socket.destroy());
    socket.end(rawError(code, message, started.requestId ?? requestIdOf(undefined), started.method !== 'HEAD'));
    // Reads on what the client still sends, so that our closing does not reset the answer.
    socket.resume();
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  }
}

const LINGER_MS = 1000;

/** An executor in process mode and what it is doing. */
export interface Lane {
  readonly executor: ExecutorProcess;
  state: 'loading' | 'free' | 'busy';
  job: Job | undefined;
  /** Why it was killed; undefined when it ends by itself. */
  verdict: { readonly code: 'FUNCTION_TIMEOUT' | 'MEMORY_LIMIT'; readonly message: string } | undefined;
}
