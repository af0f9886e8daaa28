import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '../../kit/log.ts';
import { createStatusWriter, type StatusWriter } from './status-writer.ts';

let written: unknown[];
let busy: boolean;
let away: boolean;
let writer: StatusWriter;

beforeEach(() => {
  vi.useFakeTimers();
  [written, busy, away] = [[], false, false];
  writer = createStatusWriter({
    log: silentLog,
    busy: () => busy,
    store: {
      async applyStatus(_kind, _namespace, _name, status) {
        if (away) throw new Error('no answer');
        written.push(status);
      },
    },
  });
});
afterEach(() => vi.useRealTimers());
const mark = (replicas: number) => writer.mark('Function', 'shop', 'cart', () => ({ replicas }));

test('many changes are one write, of what holds when it is written', async () => {
  for (let replicas = 1; replicas <= 5; replicas++) mark(replicas);
  await vi.advanceTimersByTimeAsync(200);
  expect(written).toEqual([{ replicas: 5 }]);
});

test('nothing is written where nothing changed, also after a restart', async () => {
  writer.seen('Function', 'shop', 'cart', { replicas: 2 });
  mark(2);
  await vi.advanceTimersByTimeAsync(200);
  expect(written).toEqual([]);
});

test('writing waits while functions start, but not for ever', async () => {
  busy = true;
  mark(1);
  await vi.advanceTimersByTimeAsync(1900);
  expect(written).toEqual([]);
  await vi.advanceTimersByTimeAsync(400);
  expect(written).toEqual([{ replicas: 1 }]);
});

test('a forgotten object is not written, and closing writes what is marked', async () => {
  mark(1);
  writer.forget('Function', 'shop', 'cart');
  await vi.advanceTimersByTimeAsync(200);
  expect(written).toEqual([]);
  mark(2);
  await writer.close();
  expect(written).toEqual([{ replicas: 2 }]);
});

test('what could not be written is tried again, as it is by then, until it is', async () => {
  away = true;
  mark(1);
  await vi.advanceTimersByTimeAsync(10_000);
  mark(2);
  await vi.advanceTimersByTimeAsync(1000);
  away = false;
  await vi.advanceTimersByTimeAsync(3500);
  expect(written).toEqual([{ replicas: 2 }]);
});
