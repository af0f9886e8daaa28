import { describe, expect, it } from 'vitest';
import type { FunctionResource, TriggerResource } from '../../protocol/schema/resources.ts';
import { judgeFunction } from './function-health.ts';
import type { FleetPod } from './picture.ts';

const condition = (type: string, status: 'True' | 'False', reason: string, message = '') => ({
  type,
  status,
  reason,
  message,
  observedGeneration: 2,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
const fn = (type: 'hot' | 'cold', status: FunctionResource['status']) =>
  ({
    apiVersion: 'fibonacci.dev/v1alpha1',
    kind: 'Function',
    metadata: { namespace: 'shop', name: 'cart', generation: 2 },
    spec: { deployment: { type, pool: 'web' } },
    status,
  }) as FunctionResource;
const pod = (over: Partial<FleetPod>) => ({ namespace: 'shop', name: 'p', ready: false, restarts: 0, ...over }) as FleetPod;
const READY = { conditions: [condition('Ready', 'True', 'Ready')] };
const trigger = {
  metadata: { namespace: 'shop', name: 'cart-http' },
  spec: { function: 'cart' },
  status: { conditions: [condition('Accepted', 'False', 'RouteConflict', '/cart is taken')] },
} as TriggerResource;

describe('how a function stands', () => {
  it.each([
    ['ready at zero instances', fn('cold', READY), [], [], 'ready', []],
    ['not looked at yet', fn('cold', undefined), [], [], 'waiting', ['the scaler has not looked at it yet']],
    [
      'without its code',
      fn('cold', { conditions: [condition('Ready', 'False', 'PackageInvalid', 'no ConfigMap pkg-1')] }),
      [],
      [],
      'failing',
      ['PackageInvalid: no ConfigMap pkg-1'],
    ],
    ['ready, but its route is another’s', fn('cold', READY), [trigger], [], 'ready', ['trigger cart-http: /cart is taken']],
    [
      'cold, and its image is missing',
      fn('cold', READY),
      [],
      [pod({ function: 'shop/cart', problem: 'ErrImagePull: not found' })],
      'ready',
      ['pod p: ErrImagePull: not found'],
    ],
    [
      'hot, and its pool has no room',
      fn('hot', READY),
      [],
      [pod({ pool: 'web', problem: 'Unschedulable: 0/2 nodes' })],
      'ready',
      ['pod p: Unschedulable: 0/2 nodes'],
    ],
    [
      'hot, and its pool has an instance to give',
      fn('hot', READY),
      [],
      [pod({ pool: 'web', problem: 'Unschedulable' }), pod({ pool: 'web', name: 'q', ready: true })],
      'ready',
      [],
    ],
    [
      'crashed before',
      fn('cold', READY),
      [],
      [pod({ function: 'shop/cart', ready: true, restarts: 3, lastEnd: 'OOMKilled' })],
      'ready',
      ['pod p: OOMKilled (3 restarts)'],
    ],
  ] as const)('%s', (_, resource, triggers, pods, state, problems) => {
    const health = judgeFunction(resource, triggers, pods);
    expect([health.state, health.problems]).toEqual([state, problems]);
  });
});
