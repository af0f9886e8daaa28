import assert from 'node:assert/strict';
import { test } from 'node:test';
import { invoke, synthesize } from 'fibonacci-faas/testing';
import stack from './stack.ts';

const barista = synthesize(stack).object('Function', 'barista');

/** What it replies to `text`. */
async function say(text: string, session: object = {}) {
  const response = await invoke(barista, { json: { text, session } });
  return (await response.json()) as { readonly reply: string; readonly session: object; readonly ends: boolean };
}

test('asks until it knows all', async () => {
  const first = await say('Some tea, please');
  assert.deepEqual(first, { reply: 'Small or large?', session: { drink: 'tea' }, ends: false });
  const second = await say('Large', first.session);
  assert.deepEqual([second.reply, second.ends], ['A large tea. It is on its way.', true]);
});

test('what is no text is refused', async () => {
  const response = await invoke(barista, { json: { text: 7 } });
  assert.equal(response.status, 400);
});
