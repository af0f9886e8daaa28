import { expect, test } from 'vitest';
import { parseWorkloads } from '../../../protocol/workloads.ts';
import { digestOfJson } from '../../../protocol/digest.ts';
import type { Placement } from '../../../protocol/schema/placement.ts';
import { restrictedProblems } from '../../../constructs/platform/fixtures/restricted.ts';
import type { InstanceTemplate } from '../fleet.ts';
import { renderWorkload } from './workload.ts';

const template: InstanceTemplate = {
  key: 'pool:shop/web#0a1b2c3d',
  namespace: 'shop',
  runtime: 'nodejs',
  memoryBytes: 256 * 1024 ** 2,
  owner: { kind: 'PodPool', name: 'web' },
};
const podSpec = (placement?: Placement, config = '') =>
  renderWorkload({ ...template, ...(placement && { placement }) }, { workloads: parseWorkloads(`{"images":{"nodejs":"n:1"}${config}}`), publicKey: 'k' }).spec
    .template.spec;

const ALL: Placement = {
  nodeSelector: { disk: 'ssd' },
  zones: ['zone-a', 'zone-b'],
  racks: ['r1'],
  tolerations: [{ key: 'functions', operator: 'Exists', effect: 'NoSchedule' }],
  runtimeClass: 'gvisor',
  priorityClass: 'high',
  spread: 'required',
};

test('a placement says where pods run and as what, in the words of Kubernetes', () => {
  expect(podSpec(ALL)).toMatchObject({
    nodeSelector: { disk: 'ssd' },
    tolerations: ALL.tolerations,
    runtimeClassName: 'gvisor',
    priorityClassName: 'high',
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: 'topology.kubernetes.io/zone', operator: 'In', values: ['zone-a', 'zone-b'] },
                { key: 'topology.fibonacci.dev/rack', operator: 'In', values: ['r1'] },
              ],
            },
          ],
        },
      },
    },
  });
});

test('racks are found by the label that the platform names', () => {
  expect(JSON.stringify(podSpec({ racks: ['r1'] }, ',"rackLabel":"example.com/rack"').affinity)).toContain(
    '"key":"example.com/rack","operator":"In","values":["r1"]',
  );
});

test('spread that is required holds for zones alone: a full node or rack does not hold up the others', () => {
  const spread = (placement?: Placement) =>
    podSpec(placement).topologySpreadConstraints.map((one) => {
      const { topologyKey, whenUnsatisfiable } = one as Record<string, string>;
      return `${topologyKey} ${whenUnsatisfiable}`;
    });
  const [zone, rack, node] = ['topology.kubernetes.io/zone', 'topology.fibonacci.dev/rack', 'kubernetes.io/hostname'];
  expect(spread({ spread: 'preferred' })).toEqual([`${zone} ScheduleAnyway`, `${node} ScheduleAnyway`]);
  expect(spread(ALL)).toEqual([`${zone} DoNotSchedule`, `${rack} ScheduleAnyway`, `${node} ScheduleAnyway`]);
});

test('without a placement the pod is, to the byte, what it was: no pool is rolled on an upgrade', () => {
  expect(digestOfJson(podSpec())).toBe('sha256:d69c319cbb79e3672eb896964e8156863a38526e9ca3889bcc464bd21f20429e');
  expect(Object.keys(podSpec())).toEqual(Object.keys(podSpec({ spread: 'preferred' })));
});

test('wherever it runs, the pod keeps to the restricted Pod Security Standard', () => {
  expect(restrictedProblems(podSpec(ALL))).toEqual([]);
});
