import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Assignment, Instance } from '../../kit/fleet/fleet.ts';
import { podOfInstance } from '../../kit/fleet/kubernetes/names.ts';
import { createCuttableWay } from './fleet-world/cuttable.ts';
import { createFleetWorld, type FleetWorld, type Leader, until } from './fleet-world/world.ts';

let world: FleetWorld;
let leader: Leader;

beforeAll(async () => {
  world = await createFleetWorld();
});
afterAll(async () => {
  await world.close();
});
beforeEach(async () => {
  leader = await world.lead();
});
afterEach(async () => {
  await leader.close();
});

const CONTENT = `sha256:${'ab'.repeat(32)}`;
const fnOf = (name: string) => ({ namespace: world.namespace, name, uid: `uid-of-${name}` });
async function assignmentOf(name: string): Promise<Assignment> {
  return { function: fnOf(name), revision: await world.revision(name), content: CONTENT };
}
const nameOf = ({ id }: Instance) => podOfInstance(id)?.name ?? '';
const podNames = async (labels?: string) => (await world.pods(labels)).map(({ metadata }) => metadata.name).sort();
const eventsOf = (instance: Instance) =>
  leader.events.flatMap((event) => (event.type !== 'failing' && event.instance.id === instance.id && event.type !== 'idle' ? [event.type] : []));
const reasons = () => leader.events.flatMap((event) => (event.type === 'failing' ? [event.reason] : []));

test('a pool fills, over both zones; a lease is recorded by one patch, and the pool fills again', async () => {
  const { fleet } = leader;
  const template = world.pool('web');
  fleet.keep(template, 2);
  await until(() => expect(leader.idle(template.key)).toHaveLength(2));
  expect(new Set(fleet.list().map(({ zone }) => zone))).toEqual(new Set(['zone-a', 'zone-b']));
  expect(leader.writes()).toEqual(['PATCH deployments']);

  const assignment = await assignmentOf('cart');
  const instance = fleet.lease(template.key) as Instance;
  expect(await (await fetch(`${instance.controlUrl}/_/status`)).json()).toMatchObject({ instance: instance.id, state: 'idle' });
  await fleet.assign(instance.id, assignment);
  await until(() => expect(leader.idle(template.key)).toHaveLength(2));
  expect(leader.writes()).toEqual(['PATCH pods']);

  const [pod] = await world.pods('fibonacci.dev/function=cart');
  expect(pod?.metadata).toMatchObject({
    name: nameOf(instance),
    labels: { 'fibonacci.dev/pool': 'web', 'fibonacci.dev/function-uid': 'uid-of-cart' },
    ownerReferences: [{ kind: 'Revision', ...assignment.revision, controller: true }],
  });
  expect(pod?.metadata.labels).not.toHaveProperty('fibonacci.dev/workload');
  expect(fleet.list().find(({ id }) => id === instance.id)).toMatchObject({ state: 'leased', assignment });

  await world.cluster.kubectl(['delete', '-n', world.namespace, 'revision.fibonacci.dev', assignment.revision.name]);
  await until(() => expect(eventsOf(instance)).toEqual(['leaving', 'gone']));
  fleet.keep(template, 0);
  await until(async () => expect(await podNames('fibonacci.dev/pool=web')).toEqual([]));
});

test('a burst of leases makes as many patches and nothing else', async () => {
  const { fleet } = leader;
  const template = world.pool('burst');
  fleet.keep(template, 6);
  await until(() => expect(leader.idle(template.key)).toHaveLength(6));
  leader.writes();
  const assignment = await assignmentOf('many');
  const instances = Array.from({ length: 6 }, () => fleet.lease(template.key) as Instance);
  expect(new Set(instances.map(({ id }) => id)).size).toBe(6);
  await Promise.all(instances.map(({ id }) => fleet.assign(id, assignment)));
  await until(() => expect(leader.idle(template.key)).toHaveLength(6));
  expect(leader.writes()).toEqual(Array.from({ length: 6 }, () => 'PATCH pods'));
  expect(await podNames('fibonacci.dev/function=many')).toEqual(instances.map(nameOf).sort());

  await Promise.all(instances.map(({ id }) => fleet.stop(id, 2000)));
  expect(await podNames('fibonacci.dev/function=many')).toEqual([]);
  fleet.keep(template, 0);
  await until(async () => expect(await podNames('fibonacci.dev/pool=burst')).toEqual([]));
});

test('a pool shrinks without the pod that was leased just now', async () => {
  const { fleet } = leader;
  const template = world.pool('shrink');
  fleet.keep(template, 3);
  await until(() => expect(leader.idle(template.key)).toHaveLength(3));
  const instance = fleet.lease(template.key) as Instance;
  fleet.keep(template, 0);
  await fleet.assign(instance.id, await assignmentOf('kept'));
  await until(async () => expect(await podNames('fibonacci.dev/pool=shrink')).toEqual([nameOf(instance)]));
  expect(eventsOf(instance)).toEqual([]);
  await fleet.stop(instance.id, 1000);
});

test('one of a cold function’s pods is stopped, that very one; without its Function all go', async () => {
  const { fleet } = leader;
  const template = await world.cold('report');
  fleet.keep(template, 3);
  await until(() => expect(leader.idle(template.key)).toHaveLength(3));
  const instances = Array.from({ length: 3 }, () => fleet.lease(template.key) as Instance);
  fleet.keep(template, 0);
  const assignment = await assignmentOf('report');
  await Promise.all(instances.map(({ id }) => fleet.assign(id, assignment)));
  expect(await podNames('fibonacci.dev/function=report')).toEqual(instances.map(nameOf).sort());

  const [first, second, third] = instances as [Instance, Instance, Instance];
  const seen = new Set(await podNames('fibonacci.dev/cold=report'));
  await fleet.stop(second.id, 5000);
  for (const name of await podNames('fibonacci.dev/cold=report')) seen.add(name);
  expect(await podNames('fibonacci.dev/cold=report')).toEqual([first, third].map(nameOf).sort());
  expect([...seen].sort()).toEqual(instances.map(nameOf).sort());
  expect((await world.deployments()).find(({ metadata }) => metadata.labels['fibonacci.dev/cold'] === 'report')?.spec.replicas).toBe(2);

  await world.cluster.kubectl(['delete', '-n', world.namespace, 'function.fibonacci.dev', 'report']);
  await until(async () => expect(await podNames('fibonacci.dev/cold=report')).toEqual([]));
  await until(() =>
    expect([first, third].map(eventsOf)).toEqual([
      ['leaving', 'gone'],
      ['leaving', 'gone'],
    ]),
  );
  expect(await world.deployments()).not.toContainEqual(
    expect.objectContaining({ metadata: expect.objectContaining({ labels: expect.objectContaining({ 'fibonacci.dev/cold': 'report' }) }) }),
  );
});

test('an eviction is told before the pod ends, and the pool fills again', async () => {
  const { fleet } = leader;
  const template = world.pool('evict');
  fleet.keep(template, 1);
  await until(() => expect(leader.idle(template.key)).toHaveLength(1));
  const instance = fleet.lease(template.key) as Instance;
  await fleet.assign(instance.id, await assignmentOf('evicted'));
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: nameOf(instance), namespace: world.namespace } };
  await world.cluster.kubectl(
    ['create', '--raw', `/api/v1/namespaces/${world.namespace}/pods/${nameOf(instance)}/eviction`, '-f', '-'],
    JSON.stringify(eviction),
  );
  await until(() => expect(eventsOf(instance)).toEqual(['leaving', 'gone']));
  await until(() => expect(leader.idle(template.key)).toHaveLength(1));
  fleet.keep(template, 0);
});

test('a container that ends under its function is gone, and so is its pod', async () => {
  const { fleet } = leader;
  const template = world.pool('crash');
  fleet.keep(template, 1);
  await until(() => expect(leader.idle(template.key)).toHaveLength(1));
  const instance = fleet.lease(template.key) as Instance;
  await fleet.assign(instance.id, await assignmentOf('crashed'));
  await world.cluster.kubectl(['exec', '-n', world.namespace, nameOf(instance), '--', 'sh', '-c', 'kill 1']);
  await until(() => expect(eventsOf(instance)).toEqual(['gone']));
  await until(async () => expect(await podNames('fibonacci.dev/function=crashed')).toEqual([]));
  fleet.keep(template, 0);
});

test('a new leader finds who serves whom, asks nothing of the cluster, and can go on', async () => {
  const template = world.pool('adopt');
  leader.fleet.keep(template, 1);
  await until(() => expect(leader.idle(template.key)).toHaveLength(1));
  const instance = leader.fleet.lease(template.key) as Instance;
  const assignment = await assignmentOf('adopted');
  await leader.fleet.assign(instance.id, assignment);
  await until(() => expect(leader.idle(template.key)).toHaveLength(1));
  await leader.close();

  leader = await world.lead();
  const { fleet } = leader;
  expect(fleet.list().find(({ id }) => id === instance.id)).toMatchObject({ state: 'leased', assignment, template: { key: template.key } });
  const [waiting] = leader.idle(template.key) as [Instance];
  expect(fleet.claim(waiting.id)).toMatchObject({ id: waiting.id, state: 'leased' });
  expect(fleet.claim(waiting.id)).toBeUndefined();
  fleet.keep(template, 1);
  await fleet.assign(waiting.id, assignment);
  await until(() => expect(leader.idle(template.key)).toHaveLength(1));
  expect(leader.writes()).toEqual(['PATCH pods']);
  fleet.keep(template, 0);
  await Promise.all([instance, waiting].map(({ id }) => fleet.stop(id, 1000)));
});

test('another version of the platform replaces the pods that wait, one after the other, and none that serves', async () => {
  const template = world.pool('roll');
  leader.fleet.keep(template, 2);
  await until(() => expect(leader.idle(template.key)).toHaveLength(2));
  const instance = leader.fleet.lease(template.key) as Instance;
  await leader.fleet.assign(instance.id, await assignmentOf('rolled'));
  await until(() => expect(leader.idle(template.key)).toHaveLength(2));
  const before = leader.idle(template.key).map(({ id }) => id);
  await leader.close();

  leader = await world.lead({ cpuRequest: '11m' });
  leader.fleet.keep(template, 2);
  let least = 2;
  await until(() => {
    const now = leader.idle(template.key).map(({ id }) => id);
    least = Math.min(least, now.length);
    expect(now.filter((id) => !before.includes(id))).toHaveLength(2);
  });
  expect(least).toBe(2);
  expect(eventsOf(instance)).toEqual([]);
  leader.fleet.keep(template, 0);
  await leader.fleet.stop(instance.id, 1000);
});

test('why nothing starts is told: no node has room, the quota is used up, no such image', async () => {
  const { fleet } = leader;
  const giant = world.pool('giant', { memoryBytes: 512 * 1024 ** 3 });
  fleet.keep(giant, 1);
  await until(() => expect(reasons()).toContainEqual(expect.stringMatching(/^Unschedulable: .*Insufficient memory/)));
  fleet.keep(giant, 0);

  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'few', namespace: world.namespace }, spec: { hard: { pods: '0' } } };
  await world.cluster.apply(quota);
  const over = world.pool('over');
  fleet.keep(over, 1);
  await until(() => expect(reasons()).toContainEqual(expect.stringMatching(/^FailedCreate: .*exceeded quota: few/)));
  await world.cluster.kubectl(['delete', '-n', world.namespace, 'resourcequota', 'few']);
  await until(() => expect(leader.idle(over.key)).toHaveLength(1));
  fleet.keep(over, 0);

  const elsewhere = await world.lead({ image: 'localhost:1/no-such-image:1' });
  elsewhere.fleet.keep(world.pool('pull'), 1);
  await until(() =>
    expect(elsewhere.events).toContainEqual(
      expect.objectContaining({ type: 'failing', reason: expect.stringMatching(/^(ErrImagePull|ImagePullBackOff): .*no-such-image/) }),
    ),
  );
  elsewhere.fleet.keep(world.pool('pull'), 0);
  await until(async () => expect(await podNames('fibonacci.dev/pool=pull')).toEqual([]));
  await elsewhere.close();

  expect(fleet.unavailable('python')).toBe('runtime python is off: the platform names no image for it; add images.python');
});

test('without the API server leases go on and nothing shrinks; what was to be written then is written after', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fleet-'));
  const way = await createCuttableWay(world.cluster.kubeconfig, join(folder, 'kubeconfig'));
  const cutOff = await world.lead({ kubeconfig: way.kubeconfig });
  const { fleet } = cutOff;
  const template = world.pool('cut');
  fleet.keep(template, 3);
  await until(() => expect(cutOff.idle(template.key)).toHaveLength(3));
  expect(fleet.connected).toBe(true);
  const assignment = await assignmentOf('cut');

  await way.cut();
  await until(() => expect(fleet.connected).toBe(false));
  const instance = fleet.lease(template.key) as Instance;
  expect(await (await fetch(`${instance.controlUrl}/_/status`)).json()).toMatchObject({ instance: instance.id });
  const recorded = fleet.assign(instance.id, assignment);
  fleet.keep(template, 1);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  expect(await podNames('fibonacci.dev/pool=cut')).toHaveLength(3);
  expect(cutOff.idle(template.key)).toHaveLength(2);

  await way.mend();
  await recorded;
  await until(() => expect(fleet.connected).toBe(true));
  await until(async () => expect(await podNames('fibonacci.dev/pool=cut')).toHaveLength(2));
  expect(await podNames('fibonacci.dev/function=cut')).toEqual([nameOf(instance)]);
  fleet.keep(template, 0);
  await fleet.stop(instance.id, 1000);
  await cutOff.close();
  await way.close();
  await rm(folder, { recursive: true });
});

test('at rest it asks nothing of the API server', async () => {
  const template = world.pool('rest');
  leader.fleet.keep(template, 1);
  await until(() => expect(leader.idle(template.key)).toHaveLength(1));
  leader.writes();
  await new Promise((resolve) => setTimeout(resolve, 5000));
  expect(leader.writes()).toEqual([]);
  leader.fleet.keep(template, 0);
});
