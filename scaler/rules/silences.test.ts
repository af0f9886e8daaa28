import { expect, test } from 'vitest';
import type { Matcher } from './alertmanager-client.ts';
import { frozenFunctions } from './silences.ts';

const FUNCTIONS = ['shop/cart', 'shop/pay', 'blog/cart'];
const is = (name: string, value: string): Matcher => ({ name, value, isRegex: false, isEqual: true });
const fits = (name: string, value: string): Matcher => ({ name, value, isRegex: true, isEqual: true });
const not = (matcher: Matcher): Matcher => ({ ...matcher, isEqual: false });

test.each<[string, Matcher[], string[]]>([
  ['one function', [is('function_name', 'shop/cart')], ['shop/cart']],
  ['the same in a namespace', [is('namespace', 'shop'), is('function', 'pay')], ['shop/pay']],
  ['a namespace', [is('namespace', 'shop')], ['shop/cart', 'shop/pay']],
  ['a pattern, which must fit the whole value', [fits('function', 'ca')], []],
  ['alternatives', [fits('function_name', 'shop/cart|blog/.*')], ['shop/cart', 'blog/cart']],
  ['without regard to case', [fits('namespace', '(?i)SHOP')], ['shop/cart', 'shop/pay']],
  ['all but one', [not(is('function', 'cart'))], ['shop/pay']],
  ['all but a pattern', [not(fits('function', 'c.*'))], ['shop/pay']],
  ['a label that our alerts do not have', [is('severity', 'page')], []],
  ['such a label, empty', [is('severity', ''), is('function', 'pay')], ['shop/pay']],
  ['both kinds of alert', [fits('alertname', 'Fibonacci.*'), is('namespace', 'blog')], ['blog/cart']],
  ['scale-down alone is not freezing: Alertmanager suppresses that alert', [is('alertname', 'FibonacciScaleDown')], []],
  ['a pattern that cannot be read freezes rather than not', [fits('function', '(?P<x>cart)')], FUNCTIONS],
])('%s', (_, matchers, frozen) => {
  expect([...frozenFunctions([{ id: '1', matchers }], FUNCTIONS)]).toEqual(frozen);
});

test('any of several silences', () => {
  const silences = [is('function', 'pay'), is('namespace', 'blog')].map((matcher, i) => ({ id: String(i), matchers: [matcher] }));
  expect([...frozenFunctions(silences, FUNCTIONS)]).toEqual(['shop/pay', 'blog/cart']);
});

test('none', () => {
  expect(frozenFunctions([], FUNCTIONS).size).toBe(0);
});
