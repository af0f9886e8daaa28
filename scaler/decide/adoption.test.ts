import { expect, test } from 'vitest';
import { decideAdoption, type FoundInstance, type WatcherAnswer } from './adoption.ts';

const serves = { uid: 'a', content: 'c1' };
const answers = (state: string, uid: string | null = null, content: string | null = null): WatcherAnswer => ({
  kind: 'answered',
  state,
  uid,
  content,
  generation: 3,
});
const silent: WatcherAnswer = { kind: 'silent' };

test.each<{ what: string; found: FoundInstance; verdict: string }>([
  { what: 'one that waits goes on waiting', found: { state: 'idle', answer: answers('idle') }, verdict: 'leave' },
  { what: 'one that starts goes on starting', found: { state: 'starting', answer: silent }, verdict: 'leave' },
  { what: 'one that ends is left to that', found: { state: 'stopping', assignment: serves, answer: answers('draining', 'a', 'c1') }, verdict: 'leave' },
  { what: 'one that serves and was recorded', found: { state: 'leased', assignment: serves, answer: answers('ready', 'a', 'c1') }, verdict: 'adopt a c1 3' },
  {
    what: 'one that serves newer content than was recorded',
    found: { state: 'leased', assignment: serves, answer: answers('ready', 'a', 'c2') },
    verdict: 'adopt a c2 3',
  },
  { what: 'one that serves and was not yet recorded', found: { state: 'idle', answer: answers('ready', 'a', 'c1') }, verdict: 'adopt a c1 3' },
  {
    what: 'one that is recorded and silent: what was recorded counts',
    found: { state: 'leased', assignment: serves, answer: silent },
    verdict: 'adopt a c1 0',
  },
  { what: 'one that a gateway uses and is silent', found: { state: 'idle', replayed: serves, answer: silent }, verdict: 'adopt a c1 0' },
  { what: 'one that waits and is silent may have been given anything', found: { state: 'idle', answer: silent }, verdict: 'stop' },
  {
    what: 'one that serves a function that is gone',
    found: { state: 'leased', assignment: { uid: 'x', content: 'c' }, answer: answers('ready', 'x', 'c') },
    verdict: 'stop',
  },
  { what: 'one that serves a function that is gone and was not recorded', found: { state: 'idle', answer: answers('ready', 'x', 'c') }, verdict: 'stop' },
  {
    what: 'one that is silent and recorded for a function that is gone',
    found: { state: 'leased', assignment: { uid: 'x', content: 'c' }, answer: silent },
    verdict: 'stop',
  },
  {
    what: 'one that says another function than was recorded',
    found: { state: 'leased', assignment: { uid: 'b', content: 'c' }, answer: answers('ready', 'a', 'c1') },
    verdict: 'stop',
  },
  { what: 'one that was recorded and has no function', found: { state: 'leased', assignment: serves, answer: answers('idle') }, verdict: 'stop' },
  { what: 'one that lost its content in a restart', found: { state: 'starting', assignment: serves, answer: answers('idle', 'a') }, verdict: 'stop' },
  { what: 'one in the middle of a push', found: { state: 'idle', answer: answers('loading', 'a') }, verdict: 'stop' },
  { what: 'one whose load failed', found: { state: 'idle', answer: answers('failed', 'a') }, verdict: 'stop' },
  { what: 'a container that serves and was recorded', found: { state: 'leased', assignment: serves, answer: { kind: 'no-watcher' } }, verdict: 'adopt a c1 0' },
  { what: 'a container that a gateway uses', found: { state: 'idle', replayed: serves, answer: { kind: 'no-watcher' } }, verdict: 'adopt a c1 0' },
  { what: 'a container that nobody uses can be taken by its own function alone', found: { state: 'idle', answer: { kind: 'no-watcher' } }, verdict: 'leave' },
  {
    what: 'a container of a function that is gone',
    found: { state: 'leased', assignment: { uid: 'x', content: 'c' }, answer: { kind: 'no-watcher' } },
    verdict: 'stop',
  },
  { what: 'one that drains', found: { state: 'leased', assignment: serves, answer: answers('draining', 'a', 'c1') }, verdict: 'stop' },
])('a new leader and $what: $verdict', ({ found, verdict }) => {
  const decided = decideAdoption(found, (uid) => uid === 'a' || uid === 'b');
  expect(decided.kind === 'adopt' ? `adopt ${decided.uid} ${decided.content} ${decided.generation}` : decided.kind).toBe(verdict);
});
