import { Pool } from '../../kit/undici.ts';

/** Connecting takes microseconds to a live instance; a host that is gone does not answer at all. */
const CONNECT_TIMEOUT_MS = 2000;
const KEEP_ALIVE_MS = 4000;

/** Connections to an instance, as many as it takes requests at once. Time limits are ours, not undici's. */
export function createConnectionPool(address: string): Pool {
  const pool = new Pool(`http://${address}`, {
    connections: null,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
  });
  return withSmallQueue(pool);
}

/** Where the number of connections has no limit no request waits in undici's queue; still it takes 16 KiB from the start, for each of thousands of instances. */
function withSmallQueue(pool: Pool): Pool {
  const key = Object.getOwnPropertySymbols(pool).find(({ description }) => description === 'queue');
  if (key) (pool as unknown as Record<symbol, QueueLike>)[key] = new SmallQueue();
  return pool;
}

interface QueueLike {
  isEmpty(): boolean;
  push(item: unknown): void;
  /** Undefined when there is none. */
  shift(): unknown;
}

class SmallQueue implements QueueLike {
  readonly #items: unknown[] = [];

  isEmpty(): boolean {
    return this.#items.length === 0;
  }

  push(item: unknown): void {
    this.#items.push(item);
  }

  shift(): unknown {
    return this.#items.shift();
  }
}
