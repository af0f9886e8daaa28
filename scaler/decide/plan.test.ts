import { expect, test } from 'vitest';
import { decidePlan, type PlanInput, type PlannedMember } from './plan.ts';

const member = (id: string, fields: Partial<PlannedMember> = {}): PlannedMember => ({
  id,
  template: 't1',
  content: 'c1',
  state: 'ready',
  updating: false,
  defective: false,
  since: Number(id.slice(1)),
  ...fields,
});
const target = { template: 't1', content: 'c1' };
const base: PlanInput = { members: [], replicas: 0, target, blocked: false };

const table: { policy: string; input: Partial<PlanInput>; plan: { start?: number; update?: string[]; drain?: string[] } }[] = [
  { policy: 'missing instances are started', input: { members: [member('m1')], replicas: 3 }, plan: { start: 2 } },
  { policy: 'what loads counts as there', input: { members: [member('m1', { state: 'loading' })], replicas: 1 }, plan: {} },
  { policy: 'what drains does not', input: { members: [member('m1', { state: 'draining' })], replicas: 1 }, plan: { start: 1 } },
  { policy: 'nothing is started during a back-off', input: { replicas: 2, blocked: true }, plan: {} },
  { policy: 'the youngest goes first', input: { members: [member('m1'), member('m3'), member('m2')], replicas: 1 }, plan: { drain: ['m3', 'm2'] } },
  {
    policy: 'what still loads goes before what serves',
    input: { members: [member('m1', { state: 'loading' }), member('m2')], replicas: 1 },
    plan: { drain: ['m1'] },
  },
  {
    policy: 'new content goes to all running instances at once',
    input: { members: [member('m1', { content: 'c0' }), member('m2', { content: 'c0' })], replicas: 2 },
    plan: { update: ['m1', 'm2'] },
  },
  { policy: 'an update under way is not sent again', input: { members: [member('m1', { content: 'c0', updating: true })], replicas: 1 }, plan: {} },
  { policy: 'what goes anyway is not updated', input: { members: [member('m1'), member('m2', { content: 'c0' })], replicas: 1 }, plan: { drain: ['m2'] } },
  { policy: 'another template starts beside the old', input: { members: [member('m1', { template: 't0' })], replicas: 1 }, plan: { start: 1 } },
  {
    policy: 'the old waits until the new is ready',
    input: { members: [member('m1', { template: 't0' }), member('m2', { state: 'loading' })], replicas: 1 },
    plan: {},
  },
  {
    policy: 'each new one that is ready replaces an old one',
    input: { members: [member('m1', { template: 't0' }), member('m2', { template: 't0' }), member('m3'), member('m4', { state: 'loading' })], replicas: 2 },
    plan: { drain: ['m2'] },
  },
  {
    policy: 'at zero replicas the old go too',
    input: { members: [member('m1', { template: 't0' }), member('m2')], replicas: 0 },
    plan: { drain: ['m2', 'm1'] },
  },
  { policy: 'a defective instance is replaced', input: { members: [member('m1', { defective: true })], replicas: 1 }, plan: { start: 1 } },
  {
    policy: 'and goes once its successor is ready',
    input: { members: [member('m1', { defective: true }), member('m2')], replicas: 1 },
    plan: { drain: ['m1'] },
  },
  { policy: 'without a target what runs goes on', input: { members: [member('m1')], replicas: 2, target: undefined }, plan: {} },
  {
    policy: 'without a target scale-in still works',
    input: { members: [member('m1'), member('m2')], replicas: 1, target: undefined },
    plan: { drain: ['m2'] },
  },
];

test.each(table)('$policy', ({ input, plan }) => {
  expect(decidePlan({ ...base, ...input })).toEqual({ start: 0, update: [], drain: [], ...plan });
});
