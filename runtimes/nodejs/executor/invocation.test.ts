import { expect, test } from 'vitest';
import { WatcherError } from '../watcher-error.ts';
import { describe as describeThrown, effectiveTimeout, Thrown } from './invocation.ts';

test.each([
  [undefined, 5000],
  ['100', 100],
  ['5000', 5000],
  ['60000', 5000],
  ['0', 5000],
  ['-1', 5000],
  ['1.5', 5000],
  ['1e3', 5000],
  ['soon', 5000],
  ['', 5000],
])('a caller’s timeout of %j gives %i ms', (header, expected) => {
  expect(effectiveTimeout(5000, header)).toBe(expected);
});

test.each([
  [new TypeError('first\nsecond'), 'FUNCTION_ERROR', 'TypeError: first'],
  ['text', 'FUNCTION_ERROR', 'Error: text'],
  [undefined, 'FUNCTION_ERROR', 'Error: undefined'],
  [{ name: 'Odd', message: 'shape' }, 'FUNCTION_ERROR', 'Odd: shape'],
])('what user code throws is told in one line: %j', (cause, code, message) => {
  const { error } = describeThrown(new Thrown(cause));
  expect([error.code, error.message]).toEqual([code, message]);
});

test('the watcher’s own errors are told as they are, a defect is not told', () => {
  expect(describeThrown(new WatcherError('BAD_JSON', 'no')).error).toMatchObject({ code: 'BAD_JSON', message: 'no' });
  expect(describeThrown(new Error('secret detail')).error).toMatchObject({ code: 'INTERNAL', message: 'the watcher failed' });
});
