import { expect, it } from 'vitest';
import { idOf, phaseOf } from '../constructs/synth/group-kind.ts';
import type { KubernetesObject, SynthObject } from '../constructs/synth/object.ts';
import { drivenElsewhere, withAwait } from './provider-hints.ts';

const synth = (apiVersion: string, kind: string, name: string, more: object = {}): SynthObject => {
  const object: KubernetesObject = {
    apiVersion,
    kind,
    metadata: { name, namespace: 'shop', ...('metadata' in more ? (more.metadata as object) : {}) },
    ...('spec' in more && { spec: more.spec }),
  };
  return { id: idOf(object), path: name, object, phase: phaseOf(object), tree: 'functions', deps: [] };
};

it('replicas are left to an autoscaler among the objects, and to the scaler on what it makes; to nobody else', () => {
  const objects = [
    synth('apps/v1', 'Deployment', 'web'),
    synth('apps/v1', 'StatefulSet', 'db'),
    synth('apps/v1', 'Deployment', 'pool', { metadata: { labels: { 'fibonacci.dev/workload': 'pool' } } }),
    synth('apps/v1', 'Deployment', 'fixed'),
    synth('autoscaling/v2', 'HorizontalPodAutoscaler', 'a', { spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' } } }),
    synth('autoscaling/v2', 'HorizontalPodAutoscaler', 'b', { spec: { scaleTargetRef: { kind: 'StatefulSet', name: 'db' } } }),
  ];
  expect([...drivenElsewhere(objects)].sort()).toEqual(['Deployment/shop/pool', 'Deployment/shop/web', 'StatefulSet/shop/db']);
});

it.each([
  ['fibonacci.dev/v1alpha1', 'Function', 'condition=Ready'],
  ['fibonacci.dev/v1alpha1', 'Trigger', 'condition=Accepted'],
  ['fibonacci.dev/v1alpha1', 'PodPool', undefined],
  // Of somebody else.
  ['serving.example.com/v1', 'Function', undefined],
])('%s %s is awaited by %s', (apiVersion, kind, condition) => {
  expect(withAwait(synth(apiVersion, kind, 'a')).object.metadata.annotations?.['pulumi.com/waitFor']).toBe(condition);
});

it('what somebody chose to wait for stays, as do other annotations', () => {
  const chosen = synth('fibonacci.dev/v1alpha1', 'Function', 'a', { metadata: { annotations: { 'pulumi.com/waitFor': 'condition=Seen' } } });
  expect(withAwait(chosen)).toBe(chosen);
  const annotated = withAwait(synth('fibonacci.dev/v1alpha1', 'Function', 'a', { metadata: { annotations: { team: 'shop' } } }));
  expect(annotated.object.metadata.annotations).toEqual({ team: 'shop', 'pulumi.com/waitFor': 'condition=Ready' });
});
