import { expect, test } from 'vitest';
import { MAX_BROKEN_TRIES, mayRetry, type RetryQuestion } from './retry.ts';

const notStarted = { kind: 'not-started', code: 'CONCURRENCY_LIMIT' } as const;
const unconnected = { kind: 'unconnected', reason: 'ECONNREFUSED' } as const;
const broken = { kind: 'broken', reason: 'ECONNRESET' } as const;
const ask = (rest: Partial<RetryQuestion>) =>
  mayRetry({ failure: broken, method: 'GET', policy: 'idempotent', replayable: true, answered: false, brokenTries: 1, enabled: true, ...rest });

test.each<[string, Partial<RetryQuestion>, boolean]>([
  ['a not-started POST goes elsewhere', { failure: notStarted, method: 'POST' }, true],
  ['a not-started POST goes elsewhere, also where the function says never', { failure: notStarted, method: 'POST', policy: 'never' }, true],
  ['a POST of which no byte was written goes elsewhere', { failure: unconnected, method: 'POST' }, true],
  ['a broken GET is sent again', {}, true],
  ['a broken PUT is sent again', { method: 'PUT' }, true],
  ['a broken DELETE is sent again', { method: 'DELETE' }, true],
  ['a broken POST is not', { method: 'POST' }, false],
  ['a broken PATCH is not', { method: 'PATCH' }, false],
  ['a broken POST of a function that says safe is', { method: 'POST', policy: 'safe' }, true],
  ['a broken GET of a function that says never is not', { policy: 'never' }, false],
  ['nothing is sent again once the client has seen a byte', { answered: true }, false],
  ['nothing is sent again without its body', { replayable: false }, false],
  ['not-started neither, without its body', { failure: notStarted, replayable: false }, false],
  ['a request that breaks instance after instance stops', { brokenTries: MAX_BROKEN_TRIES }, false],
  ['not-started is not bounded by the number of tries', { failure: notStarted, brokenTries: MAX_BROKEN_TRIES }, true],
  ['switched off, nothing is', { failure: notStarted, enabled: false }, false],
])('%s', (_name, question, expected) => {
  expect(ask(question)).toBe(expected);
});
