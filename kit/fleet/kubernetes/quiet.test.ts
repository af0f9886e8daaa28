import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createQuiet, type Quiet } from './quiet.ts';

let quiet: Quiet;
let done: boolean;
const begin = () => {
  done = false;
  void quiet.wait().then(() => (done = true));
};

beforeEach(() => {
  vi.useFakeTimers({ now: 1000 });
  quiet = createQuiet({ quietMs: 100, latestMs: 250 }, Date.now);
});
afterEach(() => {
  vi.useRealTimers();
});

test('where it is quiet nobody waits', async () => {
  begin();
  await vi.advanceTimersByTimeAsync(0);
  expect(done).toBe(true);
});

test('who comes in a burst waits for its end', async () => {
  quiet.disturb();
  begin();
  await vi.advanceTimersByTimeAsync(60);
  quiet.disturb();
  await vi.advanceTimersByTimeAsync(60);
  expect(done).toBe(false);
  await vi.advanceTimersByTimeAsync(45);
  expect(done).toBe(true);
});

test('nobody waits for ever', async () => {
  const burst = setInterval(() => quiet.disturb(), 10);
  quiet.disturb();
  begin();
  await vi.advanceTimersByTimeAsync(240);
  expect(done).toBe(false);
  await vi.advanceTimersByTimeAsync(20);
  expect(done).toBe(true);
  clearInterval(burst);
});
