import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

const options = { firstMs: 500, maxMs: 30_000 };

test.each([
  { failures: 0, waits: 0 },
  { failures: 1, waits: 500 },
  { failures: 2, waits: 1000 },
  { failures: 6, waits: 16_000 },
  { failures: 7, waits: 30_000 },
  { failures: 5000, waits: 30_000 },
])('after $failures failures in a row it waits $waits ms', ({ failures, waits }) => {
  expect(backoffMs(failures, options)).toBe(waits);
});
