import type { InstanceState } from '../fleet.ts';
import type { PodView } from './pods.ts';

export interface KnownPod {
  readonly state: InstanceState;
  /** Of its container, when it was leased or first seen. */
  readonly restarts: number;
}

export type PodOutcome =
  /** `tell`: the world hears that it became idle. */
  | { readonly kind: 'state'; readonly state: InstanceState; readonly tell: boolean }
  | { readonly kind: 'leaving'; readonly reason: string }
  /** It serves nobody any more; `remove`: its pod is still to be deleted. */
  | { readonly kind: 'gone'; readonly reason: string; readonly remove: boolean };

type PodFacts = Pick<PodView, 'ready' | 'restarts' | 'assignment' | 'endsBy' | 'finished' | 'lastEnd'>;

/** What it means that a pod is as it is now; `known` is absent where it was not seen before. */
export function decidePod(known: KnownPod | undefined, pod: PodFacts): PodOutcome {
  const is = (state: InstanceState, tell = false): PodOutcome => ({ kind: 'state', state, tell });
  if (pod.finished !== undefined) return { kind: 'gone', reason: pod.finished, remove: pod.endsBy === undefined };
  if (pod.endsBy !== undefined) {
    const serves = known?.state === 'leased' || known?.state === 'idle';
    return serves ? { kind: 'leaving', reason: 'its pod was deleted or evicted' } : is('stopping');
  }
  if (known?.state === 'stopping') return is('stopping');
  if (known?.state === 'leased') {
    // Its code is gone with the container; what runs now belongs to that function and serves nothing.
    if (pod.restarts > known.restarts) return { kind: 'gone', reason: pod.lastEnd ?? 'its container was started anew', remove: true };
    return is('leased');
  }
  if (pod.assignment) return is('leased');
  return pod.ready ? is('idle', known?.state !== 'idle') : is('starting');
}
