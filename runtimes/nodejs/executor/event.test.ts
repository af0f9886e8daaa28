import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseQuery, toEvent } from './event.ts';

const request = (url: string, headers = {}, body = '') => ({ id: 'r', method: 'GET', url, headers, body: Buffer.from(body) });

test.each([
  ['/a?x', '/a'],
  ['/a%2Fb/../c', '/a%2Fb/../c'],
  ['*', '*'],
  ['http://host:1/p?x', '/p'],
  ['http://host', '/'],
])('the path of %s is %s', (url, path) => {
  expect(toEvent(request(url))).toMatchObject({ path });
});

test('a query name that objects inherit is just a name', () => {
  expect(Object.entries(parseQuery('__proto__=1&constructor=2&__proto__=3'))).toEqual([
    ['__proto__', ['1', '3']],
    ['constructor', '2'],
  ]);
});

test('every query that a client can encode comes out as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ minLength: 1 }), fc.string())), (pairs) => {
      const wellFormed = pairs.map(([name, value]): [string, string] => [name.toWellFormed(), value.toWellFormed()]);
      const query = parseQuery(new URLSearchParams(wellFormed).toString());
      const back = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
      const order = (list: string[][]) => list.map((pair) => JSON.stringify(pair)).sort();
      expect(order(back)).toEqual(order(wellFormed));
    }),
  );
});
