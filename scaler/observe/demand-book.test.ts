import { expect, test } from 'vitest';
import { createDemandBook, GATEWAY_GRACE_MS } from './demand-book.ts';

const fn = 'default/hello';

test('loads of all gateways add up', () => {
  const book = createDemandBook();
  book.connected('g1', [{ function: fn, waiting: 1, inFlight: 2 }], 0);
  book.connected('g2', [], 0);
  book.report('g2', fn, { waiting: 3, inFlight: 4 }, 0);
  expect(book.load(fn)).toEqual({ waiting: 4, inFlight: 6 });
});

test('a function is idle only when every gateway says so', () => {
  const book = createDemandBook();
  book.connected('g1', [{ function: fn, waiting: 0, inFlight: 2 }], 0);
  book.connected('g2', [], 100);
  expect(book.idleForMs(fn, 1000)).toBeUndefined();
  book.idle('g1', fn, 500);
  expect(book.idleForMs(fn, 1000)).toBe(500);
  book.report('g2', fn, { waiting: 0, inFlight: 1 }, 1000);
  expect(book.idleForMs(fn, 2000)).toBeUndefined();
});

test('an empty queue alone is not idleness: the explicit report is', () => {
  const book = createDemandBook();
  book.connected('g1', [], 0);
  book.report('g1', fn, { waiting: 1, inFlight: 0 }, 10);
  book.report('g1', fn, { waiting: 0, inFlight: 0 }, 20);
  expect(book.idleForMs(fn, 100)).toBeUndefined();
  book.idle('g1', fn, 1020);
  expect(book.idleForMs(fn, 1100)).toBe(80);
});

test('without a gateway nothing is known to be idle', () => {
  expect(createDemandBook().idleForMs(fn, 1_000_000)).toBeUndefined();
});

test('a lost gateway counts as live for the grace, and holds what it may still use', () => {
  const book = createDemandBook();
  book.connected('g1', [], 0);
  book.connected('g2', [], 0);
  book.disconnected('g2', 1000);
  expect(book.idleForMs(fn, 2000)).toBeUndefined();
  expect(book.expire(1000 + GATEWAY_GRACE_MS - 1)).toBe(false);
  expect(book.liveGateways()).toEqual(['g1', 'g2']);
  expect(book.expire(1000 + GATEWAY_GRACE_MS)).toBe(true);
  expect(book.liveGateways()).toEqual(['g1']);
  expect(book.idleForMs(fn, 20_000)).toBe(20_000);
});

test('a gateway that comes back brings its own picture', () => {
  const book = createDemandBook();
  book.connected('g1', [{ function: fn, waiting: 5, inFlight: 5 }], 0);
  book.disconnected('g1', 100);
  book.connected('g1', [], 200);
  expect(book.load(fn)).toEqual({ waiting: 0, inFlight: 0 });
  expect(book.idleForMs(fn, 300)).toBe(100);
});

test('the peak is the highest load of the window', () => {
  const book = createDemandBook();
  book.connected('g1', [], 0);
  book.report('g1', fn, { waiting: 30, inFlight: 0 }, 0);
  book.report('g1', fn, { waiting: 0, inFlight: 8 }, 5000);
  expect(book.peak(fn, 10_000, 9000)).toBe(30);
  expect(book.peak(fn, 10_000, 10_001)).toBe(8);
  expect(book.peak(fn, 10_000, 16_000)).toBe(0);
});
