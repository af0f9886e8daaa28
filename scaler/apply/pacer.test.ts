import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createPacer, type Pacer } from './pacer.ts';

let pacer: Pacer;
let started: string[];
let ends: Map<string, () => void>;

beforeEach(() => {
  vi.useFakeTimers();
  [started, ends] = [[], new Map()];
  pacer = createPacer({ places: 2, holdMs: 100 });
});
afterEach(() => {
  pacer.close();
  vi.useRealTimers();
});

function run(name: string): void {
  pacer.run(() => {
    started.push(name);
    return new Promise((resolve) => ends.set(name, resolve));
  });
}

test('where there is a place the work starts in the same turn', () => {
  run('a');
  expect(started).toEqual(['a']);
});

test('the rest starts in its order, one for each that ends', async () => {
  for (const name of ['a', 'b', 'c', 'd']) run(name);
  expect(started).toEqual(['a', 'b']);
  ends.get('b')?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(started).toEqual(['a', 'b', 'c']);
});

test('slow work holds up nobody for long, and gives its place away once', async () => {
  for (const name of ['slow', 'b', 'c', 'd']) run(name);
  ends.get('b')?.();
  await vi.advanceTimersByTimeAsync(99);
  expect(started).toEqual(['slow', 'b', 'c']);
  await vi.advanceTimersByTimeAsync(1);
  expect(started).toEqual(['slow', 'b', 'c', 'd']);
  for (const name of ['e', 'f']) run(name);
  ends.get('slow')?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(started).toEqual(['slow', 'b', 'c', 'd', 'e']);
});
