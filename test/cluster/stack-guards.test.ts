import { afterAll, beforeAll, expect, test } from 'vitest';
import * as fib from '../../constructs/index.ts';
import { synthesizeStack } from '../../constructs/loader.ts';
import type { Instance } from '../../kit/fleet/fleet.ts';
import { podOfInstance } from '../../kit/fleet/kubernetes/names.ts';
import { createFleetWorld, type FleetWorld, type Leader, until } from './fleet-world/world.ts';

let world: FleetWorld;
let leader: Leader;
beforeAll(async () => {
  world = await createFleetWorld();
  leader = await world.lead();
});
afterAll(() => world?.close());

/** What the stack comes to, of one kind, in the cluster. */
async function apply(kind: string, props: fib.FunctionStackProps, build: (stack: fib.FunctionStack) => void = () => undefined): Promise<void> {
  const { objects } = synthesizeStack(fib.defineStack((app) => build(new fib.FunctionStack(app, 'shop', { namespace: world.namespace, ...props }))));
  const found = objects.filter(({ object }) => object.kind === kind);
  expect(found).toHaveLength(1);
  await world.cluster.apply(...found.map(({ object }) => object));
}

const evict = async ({ id }: Instance) => {
  const name = podOfInstance(id)?.name ?? '';
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: world.namespace } };
  const path = `/api/v1/namespaces/${world.namespace}/pods/${name}/eviction`;
  return world.cluster.kubectl(['create', '--raw', path, '-f', '-'], JSON.stringify(eviction)).then(
    () => 'evicted',
    (error: Error) => (/disruption budget/.test(error.message) ? 'refused' : error.message),
  );
};

test('pods that a function took from a pool are evicted down to what stays; once others serve, the drain goes on', async () => {
  const template = world.pool('web');
  leader.fleet.keep(template, 2);
  await until(() => expect(leader.idle(template.key)).toHaveLength(2));
  const assignment = {
    function: { namespace: world.namespace, name: 'cart', uid: 'uid-of-cart' },
    revision: await world.revision('cart'),
    content: `sha256:${'ab'.repeat(32)}`,
  };
  const take = async () => {
    await until(() => expect(leader.idle(template.key).length).toBeGreaterThan(0));
    const instance = leader.fleet.lease(template.key) as Instance;
    await leader.fleet.assign(instance.id, assignment);
    return instance;
  };
  const [first, second] = [await take(), await take()];
  const code = fib.Code.fromInline('export const handler = () => 1;');
  await apply(
    'PodDisruptionBudget',
    {},
    (stack) => new fib.Function(stack, 'cart', { runtime: 'nodejs', handler: 'index.handler', code, scaling: { minReplicas: 2 } }),
  );
  interface Budget {
    readonly status: { readonly currentHealthy: number; readonly disruptionsAllowed: number };
  }
  const budget = async () => (await world.cluster.get<Budget>('-n', world.namespace, 'poddisruptionbudget', 'fibonacci-budget-cart')).status;
  await until(async () => expect(await budget()).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 }));

  expect(await evict(first)).toBe('evicted');
  expect(await evict(second)).toBe('refused');
  const third = await take();
  await until(async () => expect(await evict(second)).toBe('evicted'));
  leader.fleet.keep(template, 0);
  await leader.fleet.stop(third.id, 1000);
});

test('the quota and the limits of a stack hold in its namespace, and pods of functions fit them', async () => {
  const limits = { maxMemory: fib.Size.mebibytes(512), defaultCpu: '10m', defaultMemory: fib.Size.mebibytes(16) };
  await apply('ResourceQuota', { quota: { pods: 1, memory: fib.Size.gibibytes(1), cpuLimits: '4' }, limits });
  await apply('LimitRange', { limits });
  const template = world.pool('bounded');
  leader.fleet.keep(template, 2);
  const reasons = () => leader.events.flatMap((event) => (event.type === 'failing' ? [event.reason] : []));
  await until(() =>
    expect(reasons()).toContainEqual(expect.stringMatching(/exceeded quota: fibonacci-limits-shop, requested: pods=1, used: pods=1, limited: pods=1/)),
  );
  await until(() => expect(leader.idle(template.key)).toHaveLength(1));
  leader.fleet.keep(template, 0);

  const large = world.pool('large', { memoryBytes: 1024 ** 3 });
  leader.fleet.keep(large, 1);
  await until(() => expect(reasons()).toContainEqual(expect.stringMatching(/maximum memory usage per Container is 512Mi/)));
  leader.fleet.keep(large, 0);
});
