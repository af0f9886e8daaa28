import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invoke, synthesize } from 'fibonacci-faas/testing';
import stack from './stack.ts';

const rent = synthesize(stack).object('Function', 'rent');

test('predicts one rent a row', async () => {
  const response = await invoke(rent, {
    json: {
      rows: [
        [60, 2, 3],
        [90, 3, 3],
      ],
    },
  });
  const { rents } = (await response.json()) as { readonly rents: readonly [number, number] };
  assert.ok(rents[0] > 500 && rents[1] > rents[0], String(rents));
});

test('refuses rows that do not fit the model', async () => {
  for (const rows of [[[60, 2]], 'many']) {
    const { status } = await invoke(rent, { json: { rows } });
    assert.equal(status, 400, JSON.stringify(rows));
  }
});
