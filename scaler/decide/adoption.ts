import type { InstanceState } from '../../kit/fleet/fleet.ts';

/** What a watcher says of itself; `silent`: it did not answer in time. */
export type WatcherAnswer =
  | { readonly kind: 'silent' }
  /** A container: it is its own function's from the start. */
  | { readonly kind: 'no-watcher' }
  | {
      readonly kind: 'answered';
      /** `idle`, `loading`, `ready`, `draining` or `failed` (watcher.md W2.3). */
      readonly state: string;
      /** UID of the function that it belongs to. */
      readonly uid: string | null;
      readonly content: string | null;
      readonly generation: number;
    };

/** An instance that a new leader finds. */
export interface FoundInstance {
  readonly state: InstanceState;
  /** What the fleet has recorded of it. */
  readonly assignment?: { readonly uid: string; readonly content: string } | undefined;
  /** What a gateway says that it serves. */
  readonly replayed?: { readonly uid: string; readonly content: string } | undefined;
  readonly answer: WatcherAnswer;
}

export type AdoptionVerdict =
  /** It serves this; the generation is 0 where it did not say. */
  | { readonly kind: 'adopt'; readonly uid: string; readonly content: string; readonly generation: number }
  /** It waits or starts, as it should. */
  | { readonly kind: 'leave' }
  | { readonly kind: 'stop'; readonly reason: string };

/** What becomes of an instance when another scaler begins to lead: what serves a live Function goes on, what waits goes on waiting, and what is not certain ends, so that nothing ever serves two. */
export function decideAdoption({ state, assignment, replayed, answer }: FoundInstance, isLive: (uid: string) => boolean): AdoptionVerdict {
  if (state === 'stopping') return { kind: 'leave' };
  if (answer.kind === 'no-watcher') return withoutWatcher(assignment ?? replayed, isLive);
  if (answer.kind === 'silent') return silent(state, assignment ?? replayed, isLive);
  const { uid, content, generation } = answer;
  if (uid === null) return assignment ? { kind: 'stop', reason: 'it is recorded as an instance of a function and has none' } : { kind: 'leave' };
  if (assignment && assignment.uid !== uid) return { kind: 'stop', reason: 'it serves another function than was recorded' };
  if (!isLive(uid)) return { kind: 'stop', reason: 'its function is gone' };
  if (answer.state !== 'ready' || content === null) return { kind: 'stop', reason: `it belongs to a function and is ${answer.state}` };
  return { kind: 'adopt', uid, content, generation };
}

/** Where nothing is recorded it goes on waiting: only its own function can get it. */
function withoutWatcher(known: FoundInstance['assignment'], isLive: (uid: string) => boolean): AdoptionVerdict {
  if (!known) return { kind: 'leave' };
  return isLive(known.uid) ? { kind: 'adopt', uid: known.uid, content: known.content, generation: 0 } : { kind: 'stop', reason: 'its function is gone' };
}

/** Without an answer what was recorded counts; an instance of which nothing is known may have been given anything. */
function silent(state: InstanceState, known: FoundInstance['assignment'], isLive: (uid: string) => boolean): AdoptionVerdict {
  if (known && isLive(known.uid)) return { kind: 'adopt', uid: known.uid, content: known.content, generation: 0 };
  if (known) return { kind: 'stop', reason: 'its function is gone' };
  return state === 'starting' ? { kind: 'leave' } : { kind: 'stop', reason: 'it does not answer, and may have been given a function' };
}
