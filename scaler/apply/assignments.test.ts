import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '../../kit/log.ts';
import type { ManagedFunction, Member } from '../observe/functions.ts';
import { createAssignments } from './assignments.ts';

let recorded: string[];
let loading: boolean;
const assignments = () =>
  createAssignments({
    fleet: { assign: async (id) => void recorded.push(id) },
    revisions: { uidOf: async () => 'uid' },
    log: silentLog,
    loading: () => loading,
  });
const fn = {
  name: 'shop/cart',
  uid: 'f',
  resource: { metadata: { namespace: 'shop', name: 'cart' } },
  members: new Map<string, Member>(),
} as unknown as ManagedFunction;
const memberOf = (id: string): Member => {
  const member = { id, revision: { name: 'cart-00001', content: 'c' } } as unknown as Member;
  fn.members.set(id, member);
  return member;
};

beforeEach(() => {
  vi.useFakeTimers();
  [recorded, loading] = [[], false];
});
afterEach(() => {
  vi.useRealTimers();
});

test('what an instance serves is recorded a moment later', async () => {
  assignments().record(fn, memberOf('a'));
  expect(recorded).toEqual([]);
  await vi.advanceTimersByTimeAsync(100);
  expect(recorded).toEqual(['a']);
});

test('not while others load, but at the latest after a second', async () => {
  const { record } = assignments();
  loading = true;
  record(fn, memberOf('a'));
  await vi.advanceTimersByTimeAsync(500);
  record(fn, memberOf('b'));
  expect(recorded).toEqual([]);
  await vi.advanceTimersByTimeAsync(600);
  expect(recorded).toEqual(['a', 'b']);
});

test('once a member, and nothing of one that is gone', async () => {
  const { record } = assignments();
  const member = memberOf('a');
  record(fn, member);
  record(fn, member);
  record(fn, memberOf('b'));
  fn.members.delete('b');
  await vi.advanceTimersByTimeAsync(100);
  expect(recorded).toEqual(['a']);
});
