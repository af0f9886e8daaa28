import { Pool } from 'undici';
import { expect, test } from 'vitest';
import { createConnectionPool } from './connection-pool.ts';

/** Slots of the arrays that hang on its queue. */
function queueSlots(pool: Pool): number {
  const key = Object.getOwnPropertySymbols(pool).find(({ description }) => description === 'queue');
  const queue = key && (pool as unknown as Record<symbol, { head?: { list?: readonly unknown[] } }>)[key];
  return queue?.head?.list?.length ?? 0;
}

test('what no request ever waits in takes no memory', async () => {
  const [ours, plain] = [createConnectionPool('127.0.0.1:1'), new Pool('http://127.0.0.1:1')];
  expect([queueSlots(ours), queueSlots(plain)]).toEqual([0, 2048]);
  await Promise.all([ours.close(), plain.close()]);
});
