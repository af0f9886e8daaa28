import { expect, test } from 'vitest';
import type { Assignment, InstanceTemplate } from '../fleet.ts';
import { isRecorded, renderAssignment } from './assignment.ts';

const template: InstanceTemplate = { key: 'pool:shop/web#1', namespace: 'shop', runtime: 'nodejs', memoryBytes: 1024, owner: { kind: 'PodPool', name: 'web' } };
const content = `sha256:${'ab'.repeat(32)}`;
const assignment: Assignment = { function: { namespace: 'shop', name: 'cart', uid: 'fn-uid' }, revision: { name: 'cart-00001', uid: 'rev-uid' }, content };
const pod = { resourceVersion: '17', template, workload: 'web-1' };
const paths = (patch: ReturnType<typeof renderAssignment>) => patch.map(({ op, path }) => `${op} ${path}`);

test('a pod of a pool leaves its ReplicaSet and belongs to the Revision, in one patch of the version that is known', () => {
  const patch = renderAssignment(pod, assignment);
  expect(patch[0]).toEqual({ op: 'test', path: '/metadata/resourceVersion', value: '17' });
  expect(paths(patch)).toContain('remove /metadata/labels/fibonacci.dev~1workload');
  expect(patch.at(-1)).toEqual({
    op: 'add',
    path: '/metadata/ownerReferences',
    value: [{ apiVersion: 'fibonacci.dev/v1alpha1', kind: 'Revision', name: 'cart-00001', uid: 'rev-uid', controller: true }],
  });
  const labels = Object.fromEntries(patch.flatMap(({ op, path, value }) => (op === 'add' ? [[path.split('~1').at(-1), value]] : [])));
  expect(labels).toMatchObject({ function: 'cart', 'function-uid': 'fn-uid', content: 'ab'.repeat(20) });
});

test('after an update only the Revision and the content change', () => {
  const patch = renderAssignment({ resourceVersion: '18', template }, assignment);
  expect(paths(patch)).not.toContain('remove /metadata/labels/fibonacci.dev~1workload');
  expect(paths(patch)).toContain('add /metadata/ownerReferences');
});

test('a pod of a cold function stays with its Deployment', () => {
  const patch = renderAssignment({ ...pod, template: { ...template, owner: { kind: 'Function', name: 'cart' } } }, assignment);
  expect(paths(patch)).not.toContain('remove /metadata/labels/fibonacci.dev~1workload');
  expect(paths(patch)).not.toContain('add /metadata/ownerReferences');
  expect(paths(patch)).toContain('add /metadata/labels/fibonacci.dev~1function');
});

test('what a pod says already is not written again', () => {
  expect(isRecorded({}, assignment)).toBe(false);
  expect(isRecorded({ assignment: { ...assignment, content: 'sha256:2' } }, assignment)).toBe(false);
  expect(isRecorded({ assignment: JSON.parse(JSON.stringify(assignment)) as Assignment }, assignment)).toBe(true);
});
