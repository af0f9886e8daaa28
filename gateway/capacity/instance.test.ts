import { expect, test } from 'vitest';
import { Instance } from './instance.ts';

function instance(): Instance {
  return new Instance({
    id: 'i-1',
    function: 'demo/hello',
    uid: 'u',
    content: `sha256:${'0'.repeat(64)}`,
    generation: 1,
    address: '127.0.0.1:1',
    concurrency: 1,
    state: 'ready',
  });
}

test('connections that nobody wanted between two looks are let go; who wants some later gets new ones', () => {
  const one = instance();
  const first = one.pool;
  one.closeUnused();
  expect(one.pool).toBe(first);
  one.closeUnused();
  one.closeUnused();
  expect(first.closed).toBe(true);
  expect(one.pool).not.toBe(first);
});

test('under a request that takes long they stay', () => {
  const one = instance();
  const first = one.pool;
  one.inFlight = 1;
  for (let look = 0; look < 5; look++) one.closeUnused();
  expect([one.pool === first, first.closed]).toEqual([true, false]);
});
