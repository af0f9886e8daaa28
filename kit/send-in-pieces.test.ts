import { expect, test } from 'vitest';
import { sendInPieces } from './send-in-pieces.ts';

function sink() {
  const written: string[] = [];
  const state = { destroyed: false };
  return {
    written,
    leave: () => (state.destroyed = true),
    response: {
      get destroyed() {
        return state.destroyed;
      },
      write: (text: string) => written.push(text) > 0,
      end: (text = '') => written.push(text),
    },
  };
}

test('others get their turn after each millisecond of work, and nothing is lost', async () => {
  const { written, response } = sink();
  let clock = 0;
  let turns = 0;
  const pieces = function* () {
    for (let n = 0; n < 8; n++) {
      clock += 0.5;
      yield String(n);
    }
  };
  const others = setInterval(() => undefined);
  const count = () => void (turns++, (next = setImmediate(count)));
  let next = setImmediate(count);
  await sendInPieces(response, pieces(), () => clock);
  clearImmediate(next);
  clearInterval(others);
  expect(written).toEqual(['01', '23', '45', '67', '']);
  expect(turns).toBeGreaterThanOrEqual(4);
});

test('once the other side is gone nothing more is made', async () => {
  const { written, response, leave } = sink();
  let made = 0;
  const pieces = function* () {
    for (; made < 100; made++) {
      if (made === 2) leave();
      yield '.';
    }
  };
  let clock = 0;
  await sendInPieces(response, pieces(), () => (clock += 2));
  expect([made, written.length]).toEqual([2, 3]);
});
