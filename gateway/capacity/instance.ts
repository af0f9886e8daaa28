import type { Pool } from '../../kit/undici.ts';
import type { StreamInstance } from '../../protocol/stream.ts';
import { createConnectionPool } from './connection-pool.ts';

/** An instance as this gateway knows it: what the leader told, and what is in flight from here. */
export class Instance {
  readonly id: string;
  readonly functionKey: string;
  uid: string;
  content: string;
  generation: number;
  address: string;
  concurrency: number;
  zone: string;
  draining: boolean;
  gone = false;
  /** Phases of its start; they enter the histogram once. */
  coldStart: StreamInstance['coldStart'];
  coldStartCounted = false;
  readonly announcedAt = performance.now();
  inFlight = 0;
  /** Takes nothing for a moment, after a refusal or a failed connection. */
  resting = false;
  restMs = 0;
  suspectedAt = -Infinity;
  #pool: Pool | undefined;
  /** The pool was asked for since the last look. */
  #used = false;

  constructor(told: StreamInstance) {
    this.id = told.id;
    this.functionKey = told.function;
    this.uid = told.uid;
    this.content = told.content;
    this.generation = told.generation;
    this.address = told.address;
    this.concurrency = told.concurrency;
    this.zone = told.zone ?? '';
    this.draining = told.state === 'draining';
    this.coldStart = told.coldStart;
  }

  update(told: StreamInstance): void {
    if (told.address !== this.address) this.closeConnections();
    this.uid = told.uid;
    this.content = told.content;
    this.generation = told.generation;
    this.address = told.address;
    this.concurrency = told.concurrency;
    this.zone = told.zone ?? '';
    this.draining = told.state === 'draining';
  }

  /** Its connections. */
  get pool(): Pool {
    this.#used = true;
    return (this.#pool ??= createConnectionPool(this.address));
  }

  /** To be called from time to time: lets go of the pool where nobody wanted it since the last call. Its connections are closed by then, and it takes more memory than a function. */
  closeUnused(): void {
    if (!this.#used && this.inFlight === 0) this.closeConnections();
    this.#used = false;
  }

  /** Requests under way end first; what is still there after `graceMs` is cut. */
  closeConnections(graceMs = 0): void {
    const pool = this.#pool;
    this.#pool = undefined;
    if (!pool) return;
    const timer = setTimeout(() => void pool.destroy(), graceMs);
    timer.unref();
    pool.close().then(
      () => clearTimeout(timer),
      () => clearTimeout(timer),
    );
  }
}
