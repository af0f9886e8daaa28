import { expect, test } from 'vitest';
import { createMetrics } from '../../kit/metrics.ts';
import { FunctionEntry } from '../functions/function-entry.ts';
import { renderMetrics } from './exposition.ts';

const MINUTE = 60_000;

function used(name: string, at: number): FunctionEntry {
  const entry = new FunctionEntry('demo', name);
  entry.tally.count(200, at - 500, at);
  return entry;
}

function rendered(entries: readonly FunctionEntry[], now: number): string {
  return [...renderMetrics(entries, createMetrics(), now)].join('');
}

test('a function that nobody used for ten minutes drops out, and comes back with its counts', () => {
  const entry = used('a', 0);
  const seen = (now: number) => rendered([entry], now).includes('demo/a');
  expect([seen(10 * MINUTE), seen(10 * MINUTE + 1)]).toEqual([true, false]);
  entry.tally.count(500, 11 * MINUTE, 11 * MINUTE);
  expect(rendered([entry], 11 * MINUTE)).toContain('function_invoke_total{function_name="demo/a",code="200",rate=""} 1\n');
});

test('one with requests under way stays, however long they take', () => {
  const entry = used('a', 0);
  entry.inFlight = 1;
  expect(rendered([entry], 60 * MINUTE)).toContain('function_in_flight{function_name="demo/a"} 1\n');
});

test('ten thousand functions, a thousand of them used, stay under 2 MB', () => {
  const entries = Array.from({ length: 10_000 }, (_, n) =>
    n < 1000 ? used(`a-long-function-name-${n}`, 0) : new FunctionEntry('demo', `a-long-function-name-${n}`),
  );
  for (const entry of entries) entry.tally.lastUsed = 0;
  expect(rendered(entries, 0).length).toBeLessThan(2_000_000);
});

test('of one with every outcome and requests that wait there are six series', () => {
  const entry = used('a', 0);
  for (const status of [400, 500, 504]) entry.tally.count(status, 0, 0);
  const series = () =>
    rendered([entry], 0)
      .split('\n')
      .filter((line) => line.includes('demo/a'));
  expect(series()).toHaveLength(6);
  entry.line.join({ avoid: undefined, onSlot() {}, onNoSlot() {} }, false);
  expect(series()).toHaveLength(6);
  expect(series().some((line) => line.startsWith('function_waiting'))).toBe(true);
});

test('all series of a metric stand together, under its one header, in however many pieces they come', () => {
  const entries = Array.from({ length: 1000 }, (_, n) => used(`a-${n}`, 0));
  const pieces = [...renderMetrics(entries, createMetrics(), 0)];
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(20_000);
  const names = pieces
    .join('')
    .split('\n')
    .flatMap((line) => /^(?:# HELP )?([a-z_]+)[{ ]/.exec(line)?.[1] ?? []);
  const runs = names.filter((name, index) => name !== names[index - 1]);
  expect(runs).toEqual([...new Set(runs)]);
});
