import { invoke, synthesize } from 'fibonacci-faas/testing';
import { expect, test } from 'vitest';
import stack from './stack.ts';

test('the catalogue tells of one product, and says what there is not', async () => {
  const products = synthesize(stack).object('Function', 'products');
  expect(await (await invoke(products, { path: '/products/cup' })).json()).toEqual({ id: 'cup', name: 'Cup', cents: 1250 });
  expect((await invoke(products, { path: '/products/hat' })).status).toBe(404);
});

test('prices have the tax of the configuration, and ten or more are cheaper', async () => {
  const price = synthesize(stack, { config: { tax: '7' } }).object('Function', 'price');
  const cost = async (count: number) => (await invoke(price, { json: { lines: [{ cents: 499, count }] } })).json();
  expect(await cost(3)).toEqual({ netCents: 1497, taxCents: 105, totalCents: 1602 });
  expect(await cost(10)).toEqual({ netCents: 4491, taxCents: 314, totalCents: 4805 });
});

test('an order that makes no sense is refused before anybody is asked', async () => {
  const orders = synthesize(stack).object('Function', 'orders');
  const answer = await invoke(orders, { json: { lines: [{ product: 'tea', count: 0 }] } });
  expect([answer.status, await answer.json()]).toEqual([400, { error: expect.stringContaining('a count from 1 to 100') }]);
});

test('from outside one reaches products and orders, and prices from inside alone', () => {
  const result = synthesize(stack);
  const access = (name: string) => result.object('Function', name).spec.access;
  expect([access('products'), access('orders'), access('price')]).toEqual(['public', 'public', 'internal']);
});
