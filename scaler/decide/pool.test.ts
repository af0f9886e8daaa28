import { expect, test } from 'vitest';
import { canServe, decidePool } from './pool.ts';

test.each([
  { policy: 'the minimum waits', input: { min: 3, max: 10, leased: 0, wanted: 0 }, unleased: 3 },
  { policy: 'a lease is refilled', input: { min: 3, max: 10, leased: 4, wanted: 0 }, unleased: 3 },
  { policy: 'more than the minimum is started when more is waited for', input: { min: 3, max: 10, leased: 0, wanted: 7 }, unleased: 7 },
  { policy: 'the maximum counts what serves', input: { min: 3, max: 10, leased: 8, wanted: 5 }, unleased: 2 },
  { policy: 'nothing starts beyond the maximum', input: { min: 3, max: 10, leased: 12, wanted: 5 }, unleased: 0 },
  { policy: 'a pool may wait with nothing', input: { min: 0, max: 10, leased: 0, wanted: 0 }, unleased: 0 },
])('$policy', ({ input, unleased }) => {
  expect(decidePool(input)).toBe(unleased);
});

test('a pool whose instances are all taken cannot serve', () => {
  expect(canServe({ max: 2, leased: 2 })).toBe(false);
  expect(canServe({ max: 2, leased: 1 })).toBe(true);
});
