import { expect, test } from 'vitest';
import { isStream, toAnswer, toHeaders } from './result.ts';

test.each<[string, unknown, object]>([
  ['undefined', undefined, { status: 204, body: null, headers: {} }],
  ['an empty string', '', { status: 200, body: '' }],
  ['a typed array', new Uint16Array([1]), { status: 200, headers: { 'content-type': 'application/octet-stream' } }],
  ['an object with toJSON', new Date(0), { body: '"1970-01-01T00:00:00.000Z"', headers: { 'content-type': 'application/json' } }],
  ['a map that only looks like an event', { id: '1', type: 't' }, { body: '{"id":"1","type":"t"}' }],
  ['a status with no headers', { statusCode: 200, headers: null, body: null }, { status: 200, body: null, headers: {} }],
  ['an absent header', { statusCode: 200, headers: { 'x-a': undefined, 'x-b': '' } }, { headers: { 'x-b': '' } }],
])('%s', (_name, result, expected) => {
  expect(toAnswer(result)).toMatchObject(expected);
});

test('a list, a string and bytes are no streams; generators are', () => {
  expect([toAnswer([1]), toAnswer('a'), toAnswer(Buffer.from('a')), toAnswer([1].values())].map(({ body }) => isStream(body))).toEqual([
    false,
    false,
    false,
    true,
  ]);
});

test.each([
  ['a set', new Set([1])],
  ['a big integer', 1n],
  ['a symbol', Symbol('x')],
  ['a fraction of a status', { statusCode: 200.5 }],
  ['a status below 200', { statusCode: 101 }],
  ['headers that are a list', { statusCode: 200, headers: ['a'] }],
  ['a header name with a space', { statusCode: 200, headers: { 'a b': '1' } }],
  ['a header beyond Latin-1', { statusCode: 200, headers: { a: '→' } }],
  ['an event with an object as attribute', { specversion: '1.0', id: '1', source: 's', type: 't', subject: {} }],
])('%s cannot be sent', (_name, result) => {
  expect(() => toAnswer(result)).toThrow(expect.objectContaining({ code: 'FUNCTION_BAD_RESPONSE' }));
});

test('headers that are the watcher’s own are left out', () => {
  expect(
    toHeaders({ 'Fibonacci-X': '1', 'X-Request-Id': '1', 'Content-Length': 5, 'Transfer-Encoding': 'chunked', Connection: 'close', 'X-Mine': 'y' }),
  ).toEqual({ 'x-mine': 'y' });
});
