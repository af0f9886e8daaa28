import { describe, expect, test } from 'vitest';
import { parsePromql, shortestRangeMs } from './promql.ts';

const VERBATIM = 'sum by(function_name)(rate(function_invoke_total{code="200",rate="50"}[10s]))/50/0.85 > sum(function_service_count) by (function_name)';

describe('a comparison on top is split', () => {
  test.each([
    [
      'the first users’ rule',
      VERBATIM,
      'sum by(function_name)(rate(function_invoke_total{code="200",rate="50"}[10s]))/50/0.85',
      '>',
      'sum(function_service_count) by (function_name)',
    ],
    ['inside parentheses', '((a >= b))', 'a', '>=', 'b'],
    ['with a matching clause', 'a > on(function_name) group_left() b', 'a', '>', 'b'],
    ['after a comment', '# why\na != 3', 'a', '!=', '3'],
    ['the last of a chain', 'a > 1 < 5', 'a > 1', '<', '5'],
    ['parentheses on the left stay', '(a + b) * 2 == c', '(a + b) * 2', '==', 'c'],
  ])('%s', (_, text, left, op, right) => {
    expect(parsePromql(text)).toEqual({ kind: 'ok', comparison: { left, op, right } });
  });
});

test.each(['sum(a)', 'a > bool b', 'a > b and c', 'max(a > b)', '-(a > b)', 'vector(2)', 'rate(a[5m:1s] offset 1m)'])('no comparison on top: %s', (text) => {
  expect(parsePromql(text)).toEqual({ kind: 'ok' });
});

test.each([
  ['', 0, 'the expression is empty'],
  ['sum(a', 5, 'the expression ends too early'],
  ['sum(a))', 6, 'unexpected ")" at character 7'],
  ['a >', 3, 'the expression ends too early'],
  ['rate(a[10 parsecs])', 10, 'unexpected "parsecs" at character 11'],
  ['frobnicate(a)', 10, 'unexpected "(" at character 11'],
  ['a > > b', 4, 'unexpected ">" at character 5'],
])('not PromQL: %j', (text, offset, message) => {
  expect(parsePromql(text)).toEqual({ kind: 'error', offset, message });
});

test.each([
  ['rate(a[10s]) + rate(b[5m])', 10_000],
  ['max_over_time(rate(a[1m30s])[5m:1s])', 90_000],
  ['rate(a[90])', 90_000],
  ['a{b="[1s]"}', undefined],
])('the shortest range of %s', (text, ms) => {
  expect(shortestRangeMs(text)).toBe(ms);
});
