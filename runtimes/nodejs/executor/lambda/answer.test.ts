import { expect, test } from 'vitest';
import { toLambdaAnswer } from './answer.ts';

const OK = { statusCode: 200 };

test.each([
  ['nothing', undefined, 'null'],
  ['null', null, 'null'],
  ['text', 'plain', 'plain'],
  ['a number', 42, '42'],
  ['a list', [1, { a: 2 }], '[1,{"a":2}]'],
  ['a map without status', { headers: { a: '1' }, body: 'x' }, '{"headers":{"a":"1"},"body":"x"}'],
])('%s is the body of a 200', (_, result, body) => {
  expect(toLambdaAnswer(result)).toEqual({ status: 200, headers: { 'content-type': 'application/json' }, body });
});

test.each([
  ['no body', OK, null],
  ['null', { ...OK, body: null }, null],
  ['text', { ...OK, body: 'x' }, 'x'],
  ['base64', { ...OK, body: 'AAH/', isBase64Encoded: true }, Buffer.from([0, 1, 255])],
  ['an empty one', { ...OK, body: '', isBase64Encoded: true }, Buffer.alloc(0)],
  ['text that says nothing of base64', { ...OK, body: 'AAH/', isBase64Encoded: 'true' }, 'AAH/'],
])('body: %s', (_, result, body) => {
  expect(toLambdaAnswer(result)).toEqual({ status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body });
});

test('several values win over one, and cookies join those of the headers', () => {
  const { headers } = toLambdaAnswer({
    ...OK,
    headers: { 'X-One': 'lost', 'set-cookie': 'a=1', 'x-absent': null, 'x-off': false },
    multiValueHeaders: { 'x-one': ['1', 2] },
    cookies: ['b=2'],
  });
  expect(headers).toMatchObject({ 'x-one': ['1', '2'], 'set-cookie': ['a=1', 'b=2'], 'x-off': 'false' });
  expect(headers).not.toHaveProperty('x-absent');
});

test('what is the watcher’s own is left out', () => {
  const { headers } = toLambdaAnswer({
    ...OK,
    headers: { 'Fibonacci-Error': 'X', 'Content-Length': '1', 'transfer-encoding': 'chunked', connection: 'upgrade' },
  });
  expect(Object.keys(headers)).toEqual(['content-type']);
});

test.each([
  ['a status of no HTTP', { statusCode: 1000 }, /from 200 to 599/],
  ['an informational one', { statusCode: 101 }, /from 200 to 599/],
  ['half a status', { statusCode: 200.5 }, /from 200 to 599/],
  ['none', { statusCode: null }, /from 200 to 599/],
  ['text that is no number', { statusCode: ' 200' }, /from 200 to 599/],
  ['a very long one', { statusCode: 'x'.repeat(1e6) }, /from 200 to 599/],
  ['a map as body', { ...OK, body: {} }, /JSON\.stringify/],
  ['a list as body', { ...OK, body: [] }, /a list/],
  ['what is no base64', { ...OK, body: 'a b', isBase64Encoded: true }, /not base64/],
  ['base64 without its padding', { ...OK, body: 'QQ', isBase64Encoded: true }, /not base64/],
  ['url-safe base64', { ...OK, body: '-_-_', isBase64Encoded: true }, /not base64/],
  ['cookies that are no list', { ...OK, cookies: { a: 1 } }, /cookies/],
  ['a cookie that is no text', { ...OK, cookies: [1] }, /cookies/],
  ['a cookie with a line of its own', { ...OK, cookies: ['a=1\r\nx: 1'] }, /set-cookie/],
  ['a header with one', { ...OK, headers: { x: 'a\nb' } }, /header x/],
  ['a header that is a map', { ...OK, headers: { x: {} } }, /header x/],
  ['a header without a name', { ...OK, headers: { '': 'x' } }, /no header name/],
  ['headers that are no map', { ...OK, headers: 'x: 1' }, /headers must be a map/],
  ['a function', () => 1, /function/],
  ['a big integer', 1n, /BigInt/],
])('%s is refused', (_, result, reason) => {
  expect(() => toLambdaAnswer(result)).toThrow(reason);
});
