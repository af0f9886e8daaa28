import { describe, expect, test } from 'vitest';
import { toLambdaEvent, type LambdaRequest } from './event.ts';

const REQUEST: LambdaRequest = {
  id: 'r-1',
  method: 'POST',
  url: '/',
  httpVersion: '1.1',
  headers: { host: 'api.example.test' },
  body: Buffer.alloc(0),
  remoteAddress: '192.0.2.1',
  arrivedAtMs: Date.UTC(2026, 2, 4, 5, 6, 7, 89),
  functionName: 'fn',
};

test('the time of arrival is told as access logs do, and in milliseconds', () => {
  expect(toLambdaEvent(REQUEST)['requestContext']).toMatchObject({ time: '04/Mar/2026:05:06:07 +0000', timeEpoch: 1772600767089 });
});

test.each([
  ['no list', undefined, '192.0.2.1'],
  ['an empty one', '', '192.0.2.1'],
  ['one address', '198.51.100.7', '198.51.100.7'],
  ['what the client wrote stands first', '203.0.113.9, 10.0.0.1,  198.51.100.7 ', '198.51.100.7'],
])('the source is who connected to the gateway: %s', (_, forwarded, expected) => {
  const headers = forwarded === undefined ? REQUEST.headers : { ...REQUEST.headers, 'x-forwarded-for': forwarded };
  expect(toLambdaEvent({ ...REQUEST, headers })['requestContext']).toMatchObject({ http: { sourceIp: expected } });
});

test.each([
  ['api.example.test:8080', 'api.example.test', 'api'],
  ['localhost', 'localhost', 'localhost'],
  ['[::1]:8080', '[::1]', '['],
  ['', '', ''],
])('the domain of host %j', (host, domainName, domainPrefix) => {
  expect(toLambdaEvent({ ...REQUEST, headers: { host } })['requestContext']).toMatchObject({ domainName, domainPrefix });
});

test('names of any kind are a map’s own, and change no prototype', () => {
  const { queryStringParameters } = toLambdaEvent({ ...REQUEST, url: '/?__proto__=1&constructor=2&a=1&a=%zz&a' });
  expect(Object.entries(queryStringParameters as object)).toEqual([
    ['__proto__', '1'],
    ['constructor', '2'],
    ['a', '1,%zz,'],
  ]);
  expect(Object.getPrototypeOf(queryStringParameters)).toBe(Object.prototype);
});

test.each([
  ['http://evil.test/a?b=1', '/a', 'b=1'],
  ['http://evil.test', '/', ''],
  ['*', '*', ''],
  ['/a%2f..?', '/a%2f..', ''],
  ['//a//b', '//a//b', ''],
])('the path of target %s', (url, rawPath, rawQueryString) => {
  expect(toLambdaEvent({ ...REQUEST, url })).toMatchObject({ rawPath, rawQueryString });
});

describe('the body', () => {
  test.each([
    ['text/plain; charset=utf-8', 'grüße', 'grüße', false],
    ['Application/JSON', '{', '{', false],
    ['application/problem+json', '{}', '{}', false],
    ['image/svg+xml', '<svg/>', '<svg/>', false],
    ['application/x-www-form-urlencoded', 'a=1', 'a=1', false],
    ['image/png', 'x', 'eA==', true],
    [undefined, 'x', 'eA==', true],
  ])('of type %s', (type, text, body, isBase64Encoded) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    expect(toLambdaEvent({ ...REQUEST, headers, body: Buffer.from(text) })).toMatchObject({ body, isBase64Encoded });
  });

  test('that is not the text that its type says comes unharmed', () => {
    const body = Buffer.from([0xff, 0xfe, 0x00]);
    expect(toLambdaEvent({ ...REQUEST, headers: { 'content-type': 'text/plain' }, body })).toMatchObject({ body: '//4A', isBase64Encoded: true });
  });
});
