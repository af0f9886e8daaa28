import { expect, test } from 'vitest';
import { coldStartTimings, renderServerTiming } from './cold-start.ts';

const told = { pool: 'demo/pool', runtime: 'nodejs', allocateMs: 1, codeMs: 4, dependenciesMs: 2, initMs: 3 };

test('what the instance’s start does not explain of the wait is queueing', () => {
  const timings = coldStartTimings(told, { startedAt: 100, dispatchedAt: 115, firstByteAt: 117.5 });
  expect(timings).toEqual({ queue: 5, allocate: 1, code: 4, dependencies: 2, init: 3, firstByte: 2.5 });
  expect(renderServerTiming(timings)).toBe('queue;dur=5.00, allocate;dur=1.00, code;dur=4.00, dependencies;dur=2.00, init;dur=3.00, firstByte;dur=2.50');
});

test('a request that came while the instance was starting has no negative queueing', () => {
  expect(coldStartTimings(told, { startedAt: 100, dispatchedAt: 104, firstByteAt: 105 }).queue).toBe(0);
});
