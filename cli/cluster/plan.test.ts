import { describe, expect, it } from 'vitest';
import { phaseOf } from '../../constructs/synth/group-kind.ts';
import type { KubernetesObject, SynthObject } from '../../constructs/synth/object.ts';
import { LABELS } from '../../protocol/names.ts';
import { DIGEST_ANNOTATION } from '../../protocol/package-config-map.ts';
import type { ClusterObject } from './cluster-object.ts';
import { type Observation, type Outcome, planDeletions, planDeploy } from './plan.ts';

const OWN = 'fibonacci.dev/v1alpha1';
const object = (kind: string, name: string, spec: object = {}, apiVersion = kind === 'ConfigMap' || kind === 'Namespace' ? 'v1' : OWN): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(kind !== 'Namespace' && kind !== 'CustomResourceDefinition' && { namespace: 'shop' }), labels: { [LABELS.stack]: 'shop' } },
  spec,
});
const live = (from: KubernetesObject, metadata: object = {}): ClusterObject => ({
  ...from,
  metadata: { ...from.metadata, uid: 'u', resourceVersion: '7', generation: 3, managedFields: [{ manager: 'fibonacci' }], ...metadata },
  status: { replicas: 1 },
});
const synth = (it_: KubernetesObject): SynthObject => ({
  id: [it_.kind, it_.metadata.namespace, it_.metadata.name].filter(Boolean).join('/'),
  path: `shop/${it_.metadata.name}`,
  object: it_,
  phase: phaseOf(it_),
  tree: 'functions',
  deps: [],
});
const observation = (wanted: KubernetesObject, there: KubernetesObject | undefined, outcome?: Outcome): Observation => ({
  wanted: synth(wanted),
  live: there && live(there),
  outcome: outcome ?? { kind: 'accepted', object: live(wanted, { resourceVersion: '8', generation: 4 }) },
});
const plan = (observations: readonly Observation[], owned: readonly ClusterObject[] = [], inUse: readonly string[] = []) =>
  planDeploy({ observations, owned, packagesInUse: new Set(inUse) });
const pack = (name: string): KubernetesObject => {
  const made = object('ConfigMap', name);
  return { ...made, metadata: { ...made.metadata, annotations: { [DIGEST_ANNOTATION]: 'sha256:0' } } };
};
const actions = (observations: readonly Observation[]) => plan(observations).changes.map(({ action, wanted }) => `${action} ${wanted.id}`);

describe('what a deployment changes', () => {
  const hello = object('Function', 'hello', { timeout: '5s' });
  it.each([
    ['an object that is not there is made', observation(hello, undefined), ['create Function/shop/hello']],
    ['one that would come out as it is stays, whatever the API server counts', observation(hello, hello), []],
    ['one that would come out differently is changed', observation(hello, object('Function', 'hello', { timeout: '9s' })), ['update Function/shop/hello']],
    ['one whose namespace comes with it is made unchecked', observation(hello, undefined, { kind: 'unchecked' }), ['create Function/shop/hello']],
    ['one that the API server refuses is no change', observation(hello, undefined, { kind: 'refused', reason: 'no' }), []],
    ['a package is never changed: another stack may have made it', observation(pack('pkg-1'), { ...pack('pkg-1'), labels: {} }), []],
  ])('%s', (_, observed, expected) => {
    expect(actions([observed])).toEqual(expected);
  });

  it('tells refusals and conflicts with the construct', () => {
    const conflict: Outcome = { kind: 'conflict', conflicts: [{ manager: 'kubectl', field: '.spec.timeout' }], object: live(hello) };
    const { refusals, conflicts } = plan([
      observation(hello, hello, conflict),
      observation(object('Function', 'bad'), undefined, { kind: 'refused', reason: 'no' }),
    ]);
    expect(refusals).toMatchObject([{ wanted: { path: 'shop/bad' }, reason: 'no' }]);
    expect(conflicts).toEqual([{ wanted: expect.objectContaining({ path: 'shop/hello' }), conflicts: [{ manager: 'kubectl', field: '.spec.timeout' }] }]);
  });
});

describe('what is deleted', () => {
  const deleted = (owned: readonly ClusterObject[], inUse: readonly string[] = [], holders = false) =>
    planDeletions(owned, new Set(inUse), holders).deletions.map(({ id }) => id);

  it('is what bears the label and is declared no more', () => {
    const hello = object('Function', 'hello');
    expect(plan([observation(hello, hello)], [live(hello), live(object('Function', 'old'))]).deletions.map(({ id }) => id)).toEqual(['Function/shop/old']);
  });

  it.each([
    ['not what something else owns', live(object('Revision', 'r'), { ownerReferences: [{ kind: 'Function', name: 'a', uid: '1' }] }), []],
    ['not what is going already', live(object('Function', 'a'), { deletionTimestamp: '2026-01-01T00:00:00Z' }), []],
    ['not a namespace', live(object('Namespace', 'shop')), []],
    ['not a CRD', live(object('CustomResourceDefinition', 'x', {}, 'apiextensions.k8s.io/v1')), []],
    ['not a package that a revision may go back to', live(pack('pkg-used')), []],
    ['a package that nothing needs', live(pack('pkg-free')), ['ConfigMap/shop/pkg-free']],
  ])('%s', (_, owned, expected) => {
    expect(deleted([owned], ['shop/pkg-used'])).toEqual(expected);
  });

  it('says why something stays', () => {
    expect(planDeletions([live(object('Namespace', 'shop'))], new Set(), false).kept).toEqual([
      expect.objectContaining({ id: 'Namespace/shop', reason: expect.stringContaining('all that is in it') }),
    ]);
  });

  it('is namespaces and CRDs, too, where that was asked for, and last', () => {
    const owned = [live(object('Namespace', 'shop')), live(pack('pkg-1')), live(object('Function', 'a')), live(object('Trigger', 'a-http'))];
    expect(deleted(owned, [], true)).toEqual(['Trigger/shop/a-http', 'Function/shop/a', 'ConfigMap/shop/pkg-1', 'Namespace/shop']);
  });
});
