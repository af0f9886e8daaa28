import { expect, test } from 'vitest';
import { WatcherError } from '../watcher-error.ts';
import { decidePush, type PushState } from './decide-push.ts';
import type { LoadDocument } from './load-document.ts';

const A = { namespace: 'n', name: 'a', uid: 'A' };
const B = { namespace: 'n', name: 'b', uid: 'B' };
const pushed = (of: typeof A, generation: number, content = 'c') => ({ function: of, generation, content }) as LoadDocument;
const idle: PushState = { owner: null, served: null, draining: false };
const failed: PushState = { owner: A, served: null, draining: false };
const serving: PushState = { owner: A, served: { generation: 5, content: 'c' }, draining: false };

test.each<[string, PushState, 'specialize' | 'update', LoadDocument, string]>([
  ['an idle instance is specialized', idle, 'specialize', pushed(A, 1), 'load'],
  ['but not updated', idle, 'update', pushed(A, 1), 'NOT_SPECIALIZED'],
  ['a failed one takes its own function again', failed, 'specialize', pushed(A, 2), 'load'],
  ['and no other', failed, 'specialize', pushed(B, 2), 'ALREADY_SPECIALIZED'],
  ['what is served already is left', serving, 'specialize', pushed(A, 5), 'same'],
  ['also by an update', serving, 'update', pushed(A, 5), 'same'],
  ['a higher generation is loaded', serving, 'update', pushed(A, 6, 'd'), 'load'],
  ['also by a specialization', serving, 'specialize', pushed(A, 6), 'load'],
  ['a lower one is stale', serving, 'update', pushed(A, 4, 'd'), 'STALE_GENERATION'],
  ['an equal one with other content is stale', serving, 'update', pushed(A, 5, 'd'), 'STALE_GENERATION'],
  ['another function is refused', serving, 'update', pushed(B, 6), 'ALREADY_SPECIALIZED'],
  ['a draining one loads nothing', { ...serving, draining: true }, 'update', pushed(A, 6), 'DRAINING'],
])('%s', (_name, state, act, document, expected) => {
  expect(outcome(() => decidePush(state, act, document))).toBe(expected);
});

function outcome(decide: () => string): string {
  try {
    return decide();
  } catch (error) {
    return (error as WatcherError).code;
  }
}
