import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invoke, synthesize } from 'fibonacci-faas/testing';
import stack from './stack.ts';

test('keeps what is younger than the days that the timer says', async () => {
  const cleanup = synthesize(stack).object('Function', 'cleanup');
  const tick = { 'ce-specversion': '1.0', 'ce-id': 'nightly/1', 'ce-source': '/test', 'ce-type': 'dev.fibonacci.timer.tick' };
  const response = await invoke(cleanup, { headers: tick, json: { days: 2 } });
  const before = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
  assert.deepEqual(await response.json(), { before });
});
