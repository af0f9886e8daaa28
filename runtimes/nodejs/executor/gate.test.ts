import { expect, test } from 'vitest';
import { decideRefusal, type GateState } from './gate.ts';

const OPEN: GateState = { closed: undefined, graceUntilMs: 0, nowMs: 0, firstOnConnection: false, inFlight: 0, concurrency: 2 };

test.each<[string, Partial<GateState>, ReturnType<typeof decideRefusal>]>([
  ['a free slot is taken', { inFlight: 1 }, undefined],
  ['without one the request is refused', { inFlight: 2 }, 'CONCURRENCY_LIMIT'],
  ['a closed gate refuses with its reason', { closed: 'EXECUTOR_RETIRED' }, 'EXECUTOR_RETIRED'],
  ['a connection that was used before has no grace', { closed: 'EXECUTOR_RETIRED', graceUntilMs: 10, nowMs: 5 }, 'EXECUTOR_RETIRED'],
  ['a new connection may bring its first request', { closed: 'EXECUTOR_RETIRED', graceUntilMs: 10, nowMs: 5, firstOnConnection: true }, undefined],
  ['but only for a moment', { closed: 'EXECUTOR_RETIRED', graceUntilMs: 10, nowMs: 10, firstOnConnection: true }, 'EXECUTOR_RETIRED'],
  ['and only into a free slot', { closed: 'EXECUTOR_RETIRED', graceUntilMs: 10, nowMs: 5, firstOnConnection: true, inFlight: 2 }, 'CONCURRENCY_LIMIT'],
])('%s', (_name, state, expected) => {
  expect(decideRefusal({ ...OPEN, ...state })).toBe(expected);
});
