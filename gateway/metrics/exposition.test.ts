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

test('a function that nobody used for ten minutes drops out, and comes back with its counts', () => {
  const entry = used('a', 0);
  const seen = (now: number) => renderMetrics([entry], createMetrics(), now).includes('demo/a');
  expect([seen(10 * MINUTE), seen(10 * MINUTE + 1)]).toEqual([true, false]);
  entry.tally.count(500, 11 * MINUTE, 11 * MINUTE);
  expect(renderMetrics([entry], createMetrics(), 11 * MINUTE)).toContain('function_invoke_total{function_name="demo/a",code="200",rate=""} 1\n');
});

test('one with requests under way stays, however long they take', () => {
  const entry = used('a', 0);
  entry.inFlight = 1;
  expect(renderMetrics([entry], createMetrics(), 60 * MINUTE)).toContain('function_in_flight{function_name="demo/a"} 1\n');
});

test('ten thousand functions, a thousand of them used, stay under 2 MB', () => {
  const entries = Array.from({ length: 10_000 }, (_, n) =>
    n < 1000 ? used(`a-long-function-name-${n}`, 0) : new FunctionEntry('demo', `a-long-function-name-${n}`),
  );
  for (const entry of entries) entry.tally.lastUsed = 0;
  expect(renderMetrics(entries, createMetrics(), 0).length).toBeLessThan(2_000_000);
});
