import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Placement } from '../../protocol/schema/placement.ts';
import { createFleetWorld, type FleetWorld, type Leader, until } from './fleet-world/world.ts';

let world: FleetWorld;
let leader: Leader;
beforeAll(async () => {
  world = await createFleetWorld();
  leader = await world.lead();
});
afterAll(() => world?.close());

const pool = (name: string, placement: Placement) => world.pool(name, { placement });
const nodesOf = async (name: string) => (await world.pods(`fibonacci.dev/pool=${name}`)).map(({ spec }) => spec.nodeName);
const reasons = () => leader.events.flatMap((event) => (event.type === 'failing' ? [event.reason] : []));

test('a pool’s instances are in its zones and on nodes of its labels, and nowhere else', async () => {
  const inZone = pool('zone', { zones: ['zone-b'], spread: 'required' });
  const onNode = pool('label', { nodeSelector: { 'kubernetes.io/hostname': 'node-a' } });
  leader.fleet.keep(inZone, 3);
  leader.fleet.keep(onNode, 2);
  await until(() => expect([inZone, onNode].map(({ key }) => leader.idle(key).length)).toEqual([3, 2]));
  expect(leader.idle(inZone.key).map(({ zone }) => zone)).toEqual(['zone-b', 'zone-b', 'zone-b']);
  expect(await nodesOf('label')).toEqual(['node-a', 'node-a']);
  for (const template of [inZone, onNode]) leader.fleet.keep(template, 0);
});

test('a tainted node of a rack takes those alone that bear its taint', async () => {
  const [node, rack] = [`${world.namespace}-node`, `${world.namespace}-rack`];
  const room = { cpu: '4', memory: '4Gi', pods: '10' };
  // No kubelet runs there: that a pod is given to it is what counts.
  await world.cluster.apply({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: node, labels: { 'topology.fibonacci.dev/rack': rack } },
    spec: { taints: [{ key: 'functions', value: 'only', effect: 'NoSchedule' }] },
    status: { capacity: room, allocatable: room },
  });
  try {
    leader.fleet.keep(pool('astray', { racks: [rack] }), 1);
    await until(() => expect(reasons()).toContainEqual(expect.stringMatching(/^Unschedulable: .*untolerated taint/)));
    leader.fleet.keep(pool('astray', { racks: [rack] }), 0);
    const tolerant = pool('tolerant', { racks: [rack], tolerations: [{ operator: 'Exists' }] });
    leader.fleet.keep(tolerant, 1);
    await until(async () => expect(await nodesOf('tolerant')).toEqual([node]));
    leader.fleet.keep(tolerant, 0);
  } finally {
    await world.cluster.kubectl(['delete', 'node', node, '--wait=false']);
    await world.cluster.kubectl(['delete', 'pods', '-n', world.namespace, '-l', 'fibonacci.dev/pool=tolerant', '--force', '--grace-period=0']);
  }
});

test.each<[string, Placement, RegExp]>([
  ['runtime', { runtimeClass: 'no-such-sandbox' }, /RuntimeClass "no-such-sandbox" not found/],
  ['priority', { priorityClass: 'no-such-priority' }, /no PriorityClass with name no-such-priority was found/],
])('a class of %s that the cluster does not have is told by its name', async (name, placement, reason) => {
  leader.fleet.keep(pool(name, placement), 1);
  await until(() => expect(reasons()).toContainEqual(expect.stringMatching(reason)));
  leader.fleet.keep(pool(name, placement), 0);
});
