import { expect, test } from 'vitest';
import { planNextWatch, type WatchEnd } from './watch-pace.ts';

test.each<[string, WatchEnd, number, number, { failures: number; delayMs: number; relist: boolean }]>([
  ['a watch that ran and ended goes on at once', { kind: 'ended', progress: true }, 3, 0, { failures: 0, delayMs: 0, relist: false }],
  ['… spread over a quarter of a second', { kind: 'ended', progress: true }, 0, 0.5, { failures: 0, delayMs: 125, relist: false }],
  ['one that ended and brought nothing waits', { kind: 'ended', progress: false }, 0, 1, { failures: 1, delayMs: 250, relist: false }],
  ['a broken one waits half to all of the back-off', { kind: 'failed', progress: false, answered: true }, 2, 0, { failures: 3, delayMs: 500, relist: false }],
  ['… which starts again after a good watch', { kind: 'failed', progress: true, answered: true }, 7, 1, { failures: 1, delayMs: 250, relist: false }],
  [
    'after four in a row the version itself is in doubt',
    { kind: 'failed', progress: false, answered: true },
    3,
    1,
    { failures: 4, delayMs: 2000, relist: true },
  ],
  ['… but not where nobody answers', { kind: 'failed', progress: false, answered: false }, 9, 0, { failures: 10, delayMs: 4000, relist: false }],
  ['the longest back-off is 8 s', { kind: 'failed', progress: false, answered: true }, 50, 1, { failures: 51, delayMs: 8000, relist: true }],
  ['Retry-After is honoured', { kind: 'failed', progress: false, answered: true, retryAfterMs: 5000 }, 0, 0, { failures: 1, delayMs: 5000, relist: false }],
  [
    '… up to half a minute',
    { kind: 'failed', progress: false, answered: true, retryAfterMs: 3_600_000 },
    0,
    0,
    { failures: 1, delayMs: 30_000, relist: false },
  ],
  ['410 lists anew at once', { kind: 'expired', progress: true }, 2, 0, { failures: 0, delayMs: 0, relist: true }],
  ['… also before anything came', { kind: 'expired', progress: false }, 0, 0, { failures: 1, delayMs: 0, relist: true }],
  ['… but not again and again', { kind: 'expired', progress: false }, 2, 1, { failures: 3, delayMs: 1000, relist: true }],
])('%s', (_name, end, failuresBefore, random, plan) => {
  expect(planNextWatch(end, failuresBefore, random)).toEqual(plan);
});
