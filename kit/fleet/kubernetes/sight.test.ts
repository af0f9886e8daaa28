import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSight, type Sight } from './sight.ts';

let sight: Sight;
let told: number;

beforeEach(() => {
  vi.useFakeTimers();
  told = 0;
  sight = createSight({ settleMs: 3000, onClear: () => (told += 1) });
  for (const watch of ['pods', 'deployments']) sight.expect(watch);
});
afterEach(() => {
  sight.close();
  vi.useRealTimers();
});
const openBoth = () => ['pods', 'deployments'].forEach((watch) => sight.report(watch, true));

test('at first it is clear once all watches are open', () => {
  sight.report('pods', true);
  expect(sight.clear).toBe(false);
  sight.report('deployments', true);
  expect([sight.clear, told]).toEqual([true, 1]);
});

test('one that breaks is enough, and clear it is again only a while after it is open', () => {
  openBoth();
  sight.report('pods', false);
  expect(sight.clear).toBe(false);
  sight.report('pods', true);
  vi.advanceTimersByTime(2900);
  expect([sight.clear, told]).toEqual([false, 1]);
  vi.advanceTimersByTime(200);
  expect([sight.clear, told]).toEqual([true, 2]);
});

test('another break begins the while anew', () => {
  openBoth();
  sight.report('pods', false);
  sight.report('pods', true);
  vi.advanceTimersByTime(2900);
  sight.report('deployments', false);
  vi.advanceTimersByTime(5000);
  expect(sight.clear).toBe(false);
  sight.report('deployments', true);
  vi.advanceTimersByTime(3000);
  expect([sight.clear, told]).toEqual([true, 2]);
});
