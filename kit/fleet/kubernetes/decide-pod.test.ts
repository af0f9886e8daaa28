import { expect, test } from 'vitest';
import type { Assignment } from '../fleet.ts';
import { decidePod, type PodOutcome } from './decide-pod.ts';

const assignment: Assignment = {
  function: { namespace: 'shop', name: 'cart', uid: 'u' },
  revision: { name: 'cart-00001', uid: 'r' },
  content: 'sha256:1',
};
const pod = { ready: false, restarts: 0 };
const known = (state: 'starting' | 'idle' | 'leased' | 'stopping', restarts = 0) => ({ state, restarts });
const state = (name: string, tell = false) => ({ kind: 'state', state: name, tell });

test.each<[string, ReturnType<typeof known> | undefined, Parameters<typeof decidePod>[1], unknown]>([
  ['new and not ready: it starts', undefined, pod, state('starting')],
  ['new and ready: it waits', undefined, { ...pod, ready: true }, state('idle', true)],
  ['new and bears a function: it is that function’s', undefined, { ...pod, assignment }, state('leased')],
  ['new and on its way out: nobody gets it', undefined, { ...pod, ready: true, endsBy: 1 }, state('stopping')],
  ['it became ready', known('starting'), { ...pod, ready: true }, state('idle', true)],
  ['it still waits: told once', known('idle'), { ...pod, ready: true }, state('idle')],
  ['a waiting one that is not ready is not given away', known('idle'), pod, state('starting')],
  ['a leased one that is busy stays leased', known('leased'), pod, state('leased')],
  ['restarts before the lease do not count', known('leased', 3), { ...pod, ready: true, restarts: 3 }, state('leased')],
  ['evicted while it serves', known('leased'), { ...pod, ready: true, endsBy: 1 }, { kind: 'leaving', reason: 'its pod was deleted or evicted' }],
  ['evicted while it waits', known('idle'), { ...pod, ready: true, endsBy: 1 }, { kind: 'leaving', reason: 'its pod was deleted or evicted' }],
  ['what we end ourselves is not told twice', known('stopping'), { ...pod, endsBy: 1 }, state('stopping')],
  ['what we end stays out although it is ready', known('stopping'), { ...pod, ready: true }, state('stopping')],
  ['another leader gave it away', known('idle'), { ...pod, ready: true, assignment }, state('leased')],
  [
    'its container was restarted while it served',
    known('leased'),
    { ...pod, restarts: 1, lastEnd: 'its container ended: OOMKilled' },
    { kind: 'gone', reason: 'its container ended: OOMKilled', remove: true },
  ],
  ['its node ended it', known('leased'), { ...pod, finished: 'Evicted: disk' }, { kind: 'gone', reason: 'Evicted: disk', remove: true }],
  [
    'it ended as it was asked to',
    known('stopping'),
    { ...pod, finished: 'its pod ended (Succeeded)', endsBy: 1 },
    { kind: 'gone', reason: 'its pod ended (Succeeded)', remove: false },
  ],
])('%s', (_, before, now, outcome) => {
  expect(decidePod(before, now)).toEqual<PodOutcome>(outcome as PodOutcome);
});
