import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invoke, synthesize } from 'fibonacci-faas/testing';
import stack from './stack.ts';

test('greets by name', async () => {
  const hello = synthesize(stack, { env: 'test' }).object('Function', 'hello');
  const response = await invoke(hello, { path: '/hello?name=Ada' });
  assert.deepEqual(await response.json(), { message: 'Hello, Ada!', environment: 'test' });
});
