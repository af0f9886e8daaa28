import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invoke, synthesize } from 'fibonacci-faas/testing';
import stack from './stack.ts';

const shop = synthesize(stack).object('Function', 'shop');

test('lists products, and shows one', async () => {
  const list = await invoke(shop, { path: '/products' });
  assert.deepEqual(await list.json(), [
    { id: 'mug', cents: 950 },
    { id: 'pen', cents: 250 },
  ]);
  const mug = await invoke(shop, { path: '/products/mug' });
  assert.deepEqual(await mug.json(), { id: 'mug', cents: 950 });
});

test('takes an order', async () => {
  const order = await invoke(shop, { path: '/orders', json: { product: 'pen', quantity: 3 } });
  assert.equal(order.status, 201);
  assert.deepEqual(await order.json(), { product: 'pen', quantity: 3, cents: 750 });
});

test('refuses what is not there, and what is no order', async () => {
  const car = await invoke(shop, { path: '/products/car' });
  assert.equal(car.status, 404);
  for (const body of ['{"product":"pen","quantity":101}', '{']) {
    const refused = await invoke(shop, { path: '/orders', body, headers: { 'content-type': 'application/json' } });
    assert.equal(refused.status, 400, body);
  }
});
