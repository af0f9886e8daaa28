import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { InstanceTemplate } from '../../kit/fleet/fleet.ts';
import { silentLog } from '../../kit/log.ts';
import { FakeFleet } from './fake-fleet.ts';
import { keepWarm } from './warmth.ts';

const TEMPLATE: InstanceTemplate = { key: 'pool:shop/web#1', namespace: 'shop', runtime: 'nodejs', memoryBytes: 1, owner: { kind: 'PodPool', name: 'web' } };
const ROUND_MS = 3000;

let fleet: FakeFleet;
let looks: Map<string, number>;
let silent: Set<string>;
let warmth: { close(): void };

beforeEach(() => {
  vi.useFakeTimers();
  [fleet, looks, silent] = [new FakeFleet(), new Map(), new Set()];
  warmth = keepWarm({
    fleet,
    log: silentLog,
    watchers: {
      async status({ id }) {
        looks.set(id, (looks.get(id) ?? 0) + 1);
        if (silent.has(id)) throw new Error('no answer');
        return { state: 'idle', function: null, content: null, lastError: null };
      },
    },
  });
});
afterEach(() => {
  warmth.close();
  vi.useRealTimers();
});

test('an instance that waits is looked at when it comes up and each few seconds, one that was taken is not', async () => {
  fleet.comeUp(TEMPLATE);
  fleet.comeUp(TEMPLATE);
  fleet.lease(TEMPLATE.key);
  await vi.advanceTimersByTimeAsync(2 * ROUND_MS);
  expect(Object.fromEntries(looks)).toEqual({ i1: 1, i2: 3 });
});

test('one that does not answer twice is ended', async () => {
  silent.add('i1');
  fleet.comeUp(TEMPLATE);
  fleet.comeUp(TEMPLATE);
  await vi.advanceTimersByTimeAsync(ROUND_MS);
  expect(fleet.list().map(({ id }) => id)).toEqual(['i2']);
});

test('of two thousand a few are looked at each time, the first always and the others in turn', async () => {
  for (let count = 0; count < 2000; count++) fleet.comeUp(TEMPLATE);
  await vi.advanceTimersByTimeAsync(1);
  looks.clear();
  await vi.advanceTimersByTimeAsync(10 * ROUND_MS);
  expect(looks.get('i1')).toBe(10);
  expect(looks.size).toBe(64 + 10 * 16);
  expect([...looks.values()].reduce((sum, count) => sum + count, 0)).toBe(10 * 80);
});
