import { invoke, synthesize } from 'fibonacci-faas/testing';
import { expect, test } from 'vitest';
import stack from './stack.ts';

interface Reply {
  readonly reply: string;
  readonly session: object;
  readonly ends: boolean;
}

/** Says one text after the other, as a speaker at home would, and gives the replies. */
async function talk(skill: string, ...texts: string[]): Promise<Reply[]> {
  const fn = synthesize(stack).object('Function', skill);
  const replies: Reply[] = [];
  for (const text of texts) {
    const { session } = replies.at(-1) ?? {};
    replies.push((await (await invoke(fn, { json: { text, ...(session && { session }) } })).json()) as Reply);
  }
  return replies;
}

const texts = async (...args: Parameters<typeof talk>) => (await talk(...args)).map(({ reply }) => reply);

test('the barista asks until it knows all, and again where it did not understand', async () => {
  const replies = await talk('barista', 'open barista', 'a beer', 'some tea please', 'large');
  expect(replies.map(({ reply }) => reply)).toEqual([
    'What would you like to drink?',
    'What would you like to drink? Say coffee or tea.',
    'Small or large?',
    'A large tea. It is on its way.',
  ]);
  expect(replies.map(({ ends }) => ends)).toEqual([false, false, false, true]);
});

test('the quiz counts', async () => {
  expect(await texts('capitals', 'start', 'I think Paris', 'Mombasa')).toEqual([
    'Here we go. What is the capital of France?',
    'Right. And of Kenya?',
    'No, nairobi. 1 of 2 were right.',
  ]);
});

test('the museum answers what it knows', async () => {
  expect(await texts('museum', '', 'When are you open?', 'How much do tickets cost?', 'Where is the exit?')).toEqual([
    'Welcome to the museum. Ask for hours or tickets.',
    'We are open from ten to six, every day but Monday.',
    'A ticket is eight euros; children come in free.',
    'I know our hours and what tickets cost.',
  ]);
});

test('what is no text is refused', async () => {
  const fn = synthesize(stack).object('Function', 'capitals');
  expect((await invoke(fn, { json: { words: 1 } })).status).toBe(400);
});
