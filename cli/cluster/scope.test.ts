import { describe, expect, it } from 'vitest';
import type { SynthObject } from '../../constructs/synth/object.ts';
import { mergeInventory, searchSpace } from './inventory.ts';
import { scopesOf } from './scope.ts';

const synth = (apiVersion: string, kind: string, namespace: string | undefined, stack: string | undefined): SynthObject => ({
  id: `${kind}/x`,
  path: 'x',
  object: {
    apiVersion,
    kind,
    metadata: { name: 'x', ...(namespace !== undefined && { namespace }), ...(stack !== undefined && { labels: { 'fibonacci.dev/stack': stack } }) },
  },
  phase: kind === 'Deployment' ? 'workload' : 'config',
  tree: 'functions',
  deps: [],
});
const FN = ['fibonacci.dev/v1alpha1', 'Function'] as const;

describe('what belongs to a stack', () => {
  it('is what bears its label; its inventory lies where its functions are', () => {
    const [scope, ...more] = scopesOf([
      synth('v1', 'ConfigMap', 'elsewhere', 'shop'),
      synth(...FN, 'shop', 'shop'),
      synth('rbac.authorization.k8s.io/v1', 'ClusterRole', undefined, 'shop'),
      synth('v1', 'ConfigMap', 'shop', undefined),
    ]);
    expect(more).toEqual([]);
    expect(scope).toEqual({
      label: 'fibonacci.dev/stack',
      id: 'shop',
      home: 'shop',
      namespaces: ['elsewhere', 'shop'],
      groupKinds: ['ClusterRole.rbac.authorization.k8s.io', 'ConfigMap', 'Function.fibonacci.dev'],
      clusterObjects: ['ClusterRole/x'],
    });
  });

  it('of a stack that declares nothing is known from its place alone', () => {
    expect(scopesOf([], [{ label: 'fibonacci.dev/stack', id: 'shop', home: 'shop' }])).toEqual([
      expect.objectContaining({ id: 'shop', namespaces: ['shop'], groupKinds: [] }),
    ]);
  });

  it('is looked for where it was before, too; widely only where no inventory says so', () => {
    const [scope] = scopesOf([synth(...FN, 'shop', 'shop')]);
    if (!scope) throw new Error('no scope');
    const before = { groupKinds: ['ResourceQuota'], namespaces: ['old'], clusterObjects: ['ClusterRole/old'] };
    expect(mergeInventory(scope, before)).toEqual({
      groupKinds: ['Function.fibonacci.dev', 'ResourceQuota'],
      namespaces: ['old', 'shop'],
      clusterObjects: ['ClusterRole/old'],
    });
    expect(searchSpace(scope, before).groupKinds).not.toContain('Deployment.apps');
    expect(searchSpace(scope, undefined).groupKinds).toContain('Deployment.apps');
  });
});
