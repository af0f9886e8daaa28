import { expect, test } from 'vitest';
import type { Condition } from './conditions.ts';
import { createEventBudget, decideEvents } from './events.ts';

const ready = (status: Condition['status'], reason = 'Ready', message = ''): Condition[] => [
  { type: 'Ready', status, reason, message, observedGeneration: 1, lastTransitionTime: '2026-01-01T00:00:00Z' },
];

test.each<{ what: string; before: Condition[] | undefined; after: Condition[]; told: string[] }>([
  { what: 'good from the start', before: undefined, after: ready('True'), told: [] },
  { what: 'bad from the start', before: undefined, after: ready('False', 'SecretMissing', 'no secret'), told: ['Warning SecretMissing no secret'] },
  { what: 'turned bad', before: ready('True'), after: ready('False', 'LoadFailed', 'index.mjs:1'), told: ['Warning LoadFailed index.mjs:1'] },
  { what: 'bad as before', before: ready('False', 'LoadFailed', 'x'), after: ready('False', 'LoadFailed', 'x'), told: [] },
  { what: 'bad for another reason', before: ready('False', 'LoadFailed', 'x'), after: ready('False', 'NoCapacity', 'full'), told: ['Warning NoCapacity full'] },
  { what: 'good again', before: ready('False', 'LoadFailed', 'x'), after: ready('True'), told: ['Normal Ready no longer LoadFailed'] },
  { what: 'a pool that fills', before: ready('True'), after: ready('False', 'Filling', '0 of 2'), told: [] },
  { what: 'a pool that is full again', before: ready('False', 'Filling', '0 of 2'), after: ready('True'), told: [] },
])('$what: $told', ({ before, after, told }) => {
  expect(decideEvents(before, after).map(({ type, reason, message }) => `${type} ${reason} ${message}`)).toEqual(told);
});

test('an object that flaps is told of a few times, then once in a while; others are not made to wait for it', () => {
  const budget = createEventBudget({ burst: 3, refillMs: 1000 });
  const times = (from: number, count: number, stepMs: number) =>
    Array.from({ length: count }, (_, index) => budget.take('flapping', from + index * stepMs)).filter(Boolean).length;
  expect(times(0, 20, 1)).toBe(3);
  expect(budget.take('other', 20)).toBe(true);
  expect(times(1000, 50, 100)).toBe(5);
  expect(times(100_000, 20, 1)).toBe(3);
});
