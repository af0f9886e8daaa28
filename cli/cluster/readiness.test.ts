import { describe, expect, it } from 'vitest';
import { canBecomeReady, judgeReadiness } from './readiness.ts';

const API = 'fibonacci.dev/v1alpha1';
const object = (apiVersion: string, kind: string, status?: object, spec: object = {}, generation = 2) => ({
  apiVersion,
  kind,
  metadata: { name: 'it', namespace: 'shop', generation },
  spec,
  ...(status && { status }),
});
const ready = (observedGeneration: number, status: string, reason = 'Ready', message = '') => ({
  conditions: [{ type: 'Ready', status, reason, message, observedGeneration }],
});
const deployment = (status: object, replicas = 2) => object('apps/v1', 'Deployment', { observedGeneration: 2, ...status }, { replicas });

describe('readiness', () => {
  it.each([
    ['a Function that no scaler has seen', object(API, 'Function'), 'waiting', 'the scaler has not looked at it yet'],
    ['a Function whose Ready is about an older generation', object(API, 'Function', ready(1, 'True')), 'waiting', 'the scaler has not looked'],
    ['a ready Function', object(API, 'Function', ready(2, 'True')), 'ready', ''],
    ['a Function without its package', object(API, 'Function', ready(2, 'False', 'PackageInvalid', 'no ConfigMap')), 'failing', 'PackageInvalid: no ConfigMap'],
    ['a Function of which nothing is known', object(API, 'Function', ready(2, 'Unknown', 'NoLeader')), 'waiting', 'NoLeader'],
    [
      'a Trigger whose route is taken',
      object(API, 'Trigger', { conditions: [{ type: 'Accepted', status: 'False', reason: 'RouteConflict', message: '/a is taken', observedGeneration: 2 }] }),
      'failing',
      'RouteConflict: /a is taken',
    ],
    ['a PodPool', object(API, 'PodPool'), 'ready', ''],
    [
      'a CRD that was made this moment',
      object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', { conditions: null, storedVersions: null }),
      'waiting',
      'does not serve it yet',
    ],
    ['a Deployment that its controller has not seen', deployment({ observedGeneration: 1 }), 'waiting', 'controller'],
    ['a Deployment with old pods', deployment({ replicas: 3, updatedReplicas: 2, availableReplicas: 3 }), 'waiting', '1 old pods are ending'],
    ['a Deployment with one of two pods', deployment({ replicas: 2, updatedReplicas: 2, availableReplicas: 1 }), 'waiting', '1 of 2 pods ready'],
    ['an available Deployment', deployment({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 }), 'ready', ''],
    ['a Deployment of no pods', deployment({}, 0), 'ready', ''],
    [
      'a Deployment whose pods break the Pod Security Standard',
      deployment({ conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'violates PodSecurity "restricted"' }] }),
      'failing',
      'FailedCreate: violates PodSecurity "restricted"',
    ],
    [
      'a StatefulSet that is being renewed',
      object('apps/v1', 'StatefulSet', { observedGeneration: 2, readyReplicas: 1, updatedReplicas: 0 }, { replicas: 1 }),
      'waiting',
      '0 of 1 pods ready',
    ],
    [
      'a CRD that is served',
      object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', { conditions: [{ type: 'Established', status: 'True' }] }),
      'ready',
      '',
    ],
    ['a CRD that was just made', object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {}), 'waiting', 'does not serve it yet'],
    ['a namespace that is ending', object('v1', 'Namespace', { phase: 'Terminating' }), 'waiting', 'it is Terminating'],
    ['a ConfigMap', object('v1', 'ConfigMap'), 'ready', ''],
    ['another group’s Function', object('other.dev/v1', 'Function'), 'ready', ''],
  ])('%s: %#', (_, it_, kind, why) => {
    const verdict = judgeReadiness(it_);
    expect(verdict.kind).toBe(kind);
    expect('why' in verdict ? verdict.why : '').toContain(why);
  });

  it('waits only for kinds that say when they are ready', () => {
    const waitsFor = (apiVersion: string, kind: string) => canBecomeReady({ apiVersion, kind });
    expect([waitsFor(API, 'Function'), waitsFor('apps/v1', 'Deployment'), waitsFor('v1', 'ConfigMap'), waitsFor('other.dev/v1', 'Function')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
