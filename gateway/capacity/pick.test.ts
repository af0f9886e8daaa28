import { expect, test } from 'vitest';
import { type Candidate, pickInstance } from './pick.ts';

const at = (inFlight: number, rest: Partial<Candidate> = {}): Candidate => ({ zone: '', concurrency: 4, inFlight, resting: false, ...rest });

test.each<[string, Candidate[], number, string, number]>([
  ['nothing there', [], 0, '', -1],
  ['all full', [at(4), at(4)], 0, '', -1],
  ['the least in flight', [at(3), at(1), at(2)], 0, '', 1],
  ['equals take turns', [at(0), at(0), at(0)], 2, '', 2],
  ['turns go round', [at(4), at(0), at(4)], 2, '', 1],
  ['a resting one is passed over', [at(0, { resting: true }), at(3)], 0, '', 1],
  ['the own zone comes first, however busy', [at(0, { zone: 'b' }), at(3, { zone: 'a' })], 0, 'a', 1],
  ['another zone when the own is full', [at(0, { zone: 'b' }), at(4, { zone: 'a' })], 0, 'a', 0],
  ['a gateway without a zone does not look at zones', [at(1, { zone: 'b' }), at(0, { zone: 'a' })], 0, '', 1],
])('%s', (_name, candidates, start, zone, expected) => {
  expect(pickInstance(candidates, start, zone)).toBe(expected);
});

test('the instance that failed a request comes last, and still before waiting', () => {
  const failed = at(0);
  const other = at(3, { zone: 'b' });
  expect(pickInstance([failed, other], 0, 'a', failed)).toBe(1);
  expect(pickInstance([failed, at(4)], 0, '', failed)).toBe(0);
});
