import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invoke, synthesize } from 'fibonacci-faas/testing';
import stack from './stack.ts';

const points = synthesize(stack).object('Function', 'points');
const attributes = { 'ce-specversion': '1.0', 'ce-id': '7', 'ce-source': '/shop', 'ce-type': 'order.paid' };

test('a whole euro is a point', async () => {
  const response = await invoke(points, { headers: attributes, json: { order: 7, total: 12.5 } });
  assert.deepEqual(await response.json(), { order: 7, points: 12 });
});

test('an order without a total is refused', async () => {
  const response = await invoke(points, { headers: attributes, json: { order: 7 } });
  assert.equal(response.status, 400);
});
