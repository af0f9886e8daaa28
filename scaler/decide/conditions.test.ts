import { expect, test } from 'vitest';
import { conditionSince, reasonOf } from './conditions.ts';

const ready = { type: 'Ready', status: 'True' as const, reason: 'Ready', message: '', observedGeneration: 2 };

test('the transition time changes with the status alone', () => {
  const before = [{ ...ready, observedGeneration: 1, lastTransitionTime: '2026-01-01T00:00:00.000Z' }];
  expect(conditionSince(before, ready, new Date(0)).lastTransitionTime).toBe('2026-01-01T00:00:00.000Z');
  expect(conditionSince(before, { ...ready, status: 'False' }, new Date(0)).lastTransitionTime).toBe('1970-01-01T00:00:00.000Z');
  expect(conditionSince(undefined, ready, new Date(0)).lastTransitionTime).toBe('1970-01-01T00:00:00.000Z');
});

test.each([
  ['LOAD_FAILED', 'LoadFailed'],
  ['SECRET_MISSING', 'SecretMissing'],
  ['NO_CAPACITY', 'NoCapacity'],
])('%s is the reason %s', (code, reason) => {
  expect(reasonOf(code)).toBe(reason);
});
