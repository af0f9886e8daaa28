import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Member } from '../observe/functions.ts';
import { createDrains, type Drains } from './drains.ts';

const member = { id: 'web-1' } as Member;
let live: string[];
let drains: Drains;
let done: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  live = ['g1', 'g2'];
  done = false;
  drains = createDrains({ live: () => live });
  void drains.wait(member, 1000).then(() => (done = true));
});
afterEach(() => {
  drains.close();
  vi.useRealTimers();
});
const settled = async () => {
  await vi.advanceTimersByTimeAsync(0);
  return done;
};

test('it ends when every live gateway has finished with the instance', async () => {
  drains.acknowledged('g1', 'web-1');
  expect(await settled()).toBe(false);
  drains.acknowledged('g2', 'web-1');
  expect(await settled()).toBe(true);
});

test('a gateway that is forgotten is waited for no longer', async () => {
  drains.acknowledged('g1', 'web-1');
  live = ['g1'];
  drains.recheck();
  expect(await settled()).toBe(true);
});

test('a gateway that joins in between is waited for', async () => {
  drains.acknowledged('g1', 'web-1');
  live = ['g1', 'g2', 'g3'];
  drains.acknowledged('g2', 'web-1');
  expect(await settled()).toBe(false);
  drains.acknowledged('g3', 'web-1');
  expect(await settled()).toBe(true);
});

test('it ends at the deadline', async () => {
  await vi.advanceTimersByTimeAsync(999);
  expect(done).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(done).toBe(true);
});

test('it ends with the instance', async () => {
  drains.gone('web-1');
  expect(await settled()).toBe(true);
});
