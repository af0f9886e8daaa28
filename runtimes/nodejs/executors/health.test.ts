import { expect, test } from 'vitest';
import { backoffMs, isFailedStart } from './backoff.ts';
import { decideReplacement } from './health.ts';

const WELL = { silentMs: 50, silentChecks: 0, rssBytes: 1000 };
const LIMITS = { timeoutMs: 1000, memoryLimitBytes: 2000 };

test.each([
  ['well', WELL, LIMITS, undefined],
  ['over its memory limit', { ...WELL, rssBytes: 2001 }, LIMITS, 'MEMORY_LIMIT'],
  ['without a limit', { ...WELL, rssBytes: 2001 }, { ...LIMITS, memoryLimitBytes: undefined }, undefined],
  ['silent for less than the timeout', { ...WELL, silentMs: 1000, silentChecks: 1 }, LIMITS, undefined],
  ['silent for longer', { ...WELL, silentMs: 1500, silentChecks: 1 }, LIMITS, 'FUNCTION_TIMEOUT'],
  ['silent at one check only, which may be our own delay', { ...WELL, silentMs: 1500 }, LIMITS, undefined],
])('an executor that is %s', (_name, vitals, limits, expected) => {
  expect(decideReplacement(vitals, limits)?.code).toBe(expected);
});

test('the back-off grows from 0 to 10 s', () => {
  expect([0, 1, 2, 3, 7, 8, 50].map(backoffMs)).toEqual([0, 100, 200, 400, 6400, 10_000, 10_000]);
});

test('an end is a failed start only when it came soon and before any work', () => {
  expect([isFailedStart(10, 0), isFailedStart(10, 1), isFailedStart(5000, 0)]).toEqual([true, false, false]);
});
