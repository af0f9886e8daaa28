import { expect, test } from 'vitest';
import type { Claimant } from './waiting-line.ts';
import { WaitingLine } from './waiting-line.ts';

const claimant = (name: string): Claimant & { name: string } => ({ name, avoid: undefined, onSlot() {}, onNoSlot() {} });

function drain(line: WaitingLine): string[] {
  const order: string[] = [];
  for (let place = line.first; place; place = line.first) {
    order.push((place.claimant as Claimant & { name: string }).name);
    line.leave(place);
  }
  return order;
}

test('first come, first served; who comes back stands in front', () => {
  const line = new WaitingLine();
  line.join(claimant('a'), false);
  line.join(claimant('b'), false);
  line.join(claimant('back'), true);
  expect(line.size).toBe(3);
  expect(drain(line)).toEqual(['back', 'a', 'b']);
  expect([line.size, line.first]).toEqual([0, undefined]);
});

test.each([
  ['the first', 0, ['b', 'c']],
  ['the middle', 1, ['a', 'c']],
  ['the last', 2, ['a', 'b']],
])('%s leaves, and leaving twice changes nothing', (_name, index, rest) => {
  const line = new WaitingLine();
  const places = ['a', 'b', 'c'].map((name) => line.join(claimant(name), false));
  const place = places[index] as (typeof places)[number];
  line.leave(place);
  line.leave(place);
  expect(line.size).toBe(2);
  expect(drain(line)).toEqual(rest);
});

test('an empty line takes someone in front', () => {
  const line = new WaitingLine();
  line.join(claimant('a'), true);
  line.join(claimant('b'), false);
  expect(drain(line)).toEqual(['a', 'b']);
});
