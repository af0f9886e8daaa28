import { describe, expect, it, test } from 'vitest';
import { type CandidateStep, decideCandidate, decideHolder, firstTransitions, type HolderStep, type LeaseRecord } from './lease-decide.ts';

const record = (input: Partial<LeaseRecord> = {}): LeaseRecord => ({ version: '7', holder: 'a', transitions: 3, ...input });

describe('one that does not lead', () => {
  it.each<[string, LeaseRecord | undefined, number, CandidateStep]>([
    ['makes the Lease where there is none', undefined, 0, { kind: 'create' }],
    ['waits for the rest of the duration', record(), 4_000, { kind: 'wait', ms: 6_000 }],
    ['takes it when nothing changed for the whole duration', record(), 10_000, { kind: 'take', transitions: 4, version: '7' }],
    ['takes it at once when it was given up', record({ holder: '' }), 0, { kind: 'take', transitions: 4, version: '7' }],
  ])('%s', (_name, seen, nowMs, step) => {
    expect(decideCandidate({ record: seen, atMs: 0 }, nowMs, 10_000)).toEqual(step);
  });

  it('counts from when it saw the change, wherever the clocks stand', () => {
    expect(decideCandidate({ record: record(), atMs: 1e9 }, 1e9 + 1, 10_000)).toEqual({ kind: 'wait', ms: 9_999 });
  });
});

test.each<[string, LeaseRecord | undefined, HolderStep['kind']]>([
  ['its own record, changed by someone’s label', record(), 'renew'],
  ['its own transition without a holder', record({ holder: '' }), 'renew'],
  ['a deleted Lease', undefined, 'create'],
  ['a higher transition', record({ holder: 'b', transitions: 4 }), 'lost'],
  ['a higher transition that was given up again', record({ holder: '', transitions: 4 }), 'lost'],
  ['a higher transition under its own name', record({ transitions: 4 }), 'lost'],
  ['another holder of the same transition', record({ holder: 'b' }), 'lost'],
  ['another holder of a Lease that was made anew', record({ holder: 'b', transitions: 0 }), 'lost'],
])('the one that leads, seeing %s: %s', (_name, seen, kind) => {
  expect(decideHolder(seen, { identity: 'a', transitions: 3 }).kind).toBe(kind);
});

test('a Lease that was deleted comes back with a higher number, in 32 bits, also in a hundred years', () => {
  const first = firstTransitions(Date.UTC(2026, 10, 21));
  expect(firstTransitions(Date.UTC(2026, 10, 22))).toBe(first + 1440);
  expect(firstTransitions(Date.UTC(2126, 0, 1))).toBeLessThan(2 ** 31);
  expect(firstTransitions(0)).toBe(0);
});
