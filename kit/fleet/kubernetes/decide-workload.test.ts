import { expect, test } from 'vitest';
import { type CountedPod, decideWorkload, type WorkloadInput, type WorkloadPlan } from './decide-workload.ts';

let count = 0;
const pod = (state: CountedPod['state'], over: Partial<CountedPod> = {}): CountedPod => ({
  id: `p${(count += 1)}`,
  state,
  ready: state !== 'starting',
  createdAt: count,
  slow: false,
  ...over,
});
const pods = (state: CountedPod['state'], number: number) => Array.from({ length: number }, () => pod(state));
const plan = (over: Partial<WorkloadInput>) => decideWorkload({ kind: 'PodPool', unleased: 0, replicas: 0, pods: [], connected: true, ...over });
const cold = (over: Partial<WorkloadInput>) => plan({ kind: 'Function', ...over });

test.each<[string, WorkloadPlan['kind'] | [WorkloadPlan['kind'], number], WorkloadPlan]>([
  ['a pool is filled', ['raise', 3], plan({ unleased: 3 })],
  ['a pool that is full stays', 'steady', plan({ unleased: 3, replicas: 3, pods: pods('idle', 3) })],
  [
    'a lease changes nothing: the pod leaves its ReplicaSet, which refills',
    'steady',
    plan({ unleased: 3, replicas: 3, pods: [...pods('idle', 2), pod('leased')] }),
  ],
  [
    'a lease that takes long to record does not hold up the refill',
    ['raise', 4],
    plan({ unleased: 3, replicas: 3, pods: [...pods('idle', 2), pod('leased', { slow: true })] }),
  ],
  ['a pool that nobody leases from may shrink', ['lower', 1], plan({ unleased: 1, replicas: 3, pods: pods('idle', 3) })],
  ['not while a leased pod is still of its ReplicaSet', 'hold', plan({ unleased: 1, replicas: 3, pods: [...pods('idle', 2), pod('leased')] })],
  ['but down to what there is, so that a pool at its maximum is not refilled', ['lower', 2], plan({ unleased: 0, replicas: 3, pods: pods('leased', 2) })],
  ['nothing shrinks while the cluster cannot be seen', 'hold', plan({ unleased: 0, replicas: 3, pods: pods('idle', 3), connected: false })],
  ['it grows all the same', ['raise', 4], plan({ unleased: 4, replicas: 3, connected: false })],
  ['a cold function counts those that serve', ['raise', 3], cold({ unleased: 1, replicas: 2, pods: pods('leased', 2) })],
  ['a cold function with nothing to start stays', 'steady', cold({ unleased: 0, replicas: 2, pods: pods('leased', 2) })],
  ['one of a cold function ends', ['lower', 1], cold({ replicas: 2, pods: [pod('leased'), pod('stopping')] })],
  [
    'not while another that serves is not ready, which would be ended in its place',
    'hold',
    cold({ replicas: 2, pods: [pod('leased', { ready: false }), pod('stopping')] }),
  ],
  ['the last one goes', ['lower', 0], cold({ replicas: 1, pods: [pod('stopping')] })],
])('%s', (_, expected, outcome) => {
  const [kind, replicas] = Array.isArray(expected) ? expected : [expected];
  expect(outcome).toMatchObject({ kind, ...(replicas !== undefined && { replicas }) });
});

test('those that start go first, then the youngest; one that is ended already counts', () => {
  const [old, young, starting, ending] = [pod('idle'), pod('idle'), pod('starting'), pod('stopping')] as const;
  expect(plan({ unleased: 1, replicas: 4, pods: [old, young, starting, ending] })).toEqual({ kind: 'lower', replicas: 1, end: [starting.id, young.id] });
});

test('what serves is never among those that are ended', () => {
  const serving = pods('leased', 2);
  const outcome = cold({ unleased: 0, replicas: 4, pods: [...serving, ...pods('idle', 2)] });
  expect(outcome).toMatchObject({ kind: 'lower', replicas: 2 });
  for (const { id } of serving) expect(outcome.kind === 'lower' && outcome.end).not.toContain(id);
});
