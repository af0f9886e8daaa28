import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseWorkloads } from '../../../protocol/workloads.ts';
import { type KubernetesClient, KubernetesError } from '../../kubernetes/client.ts';
import { silentLog } from '../../log.ts';
import type { FleetEvent, InstanceTemplate } from '../fleet.ts';
import { createDeploymentWriter } from './deployment-writer.ts';
import { type DeploymentView, parseDeployment } from './deployments.ts';
import { Members } from './members.ts';
import { workloadName } from './names.ts';
import { createPodWriter } from './pod-writer.ts';
import type { PodView } from './pods.ts';
import { renderWorkload } from './workload.ts';
import { WorkloadKeeper } from './workload-keeper.ts';
import { createWriteQueue } from './write-queue.ts';

const pool: InstanceTemplate = {
  key: 'pool:shop/web#1',
  namespace: 'shop',
  runtime: 'nodejs',
  memoryBytes: 128 * 1024 ** 2,
  owner: { kind: 'PodPool', name: 'web' },
};
const cold: InstanceTemplate = { ...pool, key: 'cold:shop/report#1', owner: { kind: 'Function', name: 'report' } };
const context = { workloads: parseWorkloads('{"images":{"nodejs":"fibonacci-nodejs:1"}}'), publicKey: 'key' };
const MINUTE = 60_000;

let sent: { method: string; what: string; type?: string | undefined; body: { spec?: { replicas?: number }; preconditions?: object } }[];
/** Thrown by the next request. */
let failure: KubernetesError | undefined;
let deployments: Map<string, object>;
let events: FleetEvent[];
let connected: boolean;
let members: Members;
let keeper: WorkloadKeeper;

/** A Deployment as the API server has it, with no pods of its own. */
function store(name: string, object: { metadata: object; spec: object }, generation: number): object {
  const stored = { ...object, metadata: { ...object.metadata, uid: `uid-${name}`, generation } };
  deployments.set(name, stored);
  return stored;
}
const viewOf = (template: InstanceTemplate) => parseDeployment(deployments.get(workloadName(template))) as DeploymentView;

/** It was there before this leader. */
function found(template: InstanceTemplate, replicas: number, image = context): void {
  const rendered = renderWorkload(template, image);
  store(workloadName(template), { ...rendered, spec: { ...rendered.spec, replicas } }, 1);
  keeper.observe(viewOf(template));
}

const pod = (template: InstanceTemplate, name: string, over: Partial<PodView> = {}): PodView => ({
  namespace: 'shop',
  name,
  uid: name,
  resourceVersion: '1',
  createdAt: 0,
  workload: workloadName(template),
  template,
  ip: '10.0.0.1',
  ready: true,
  restarts: 0,
  ...over,
});
const settle = () => vi.advanceTimersByTimeAsync(0);
const replicasSent = () => sent.flatMap(({ what, body }) => (what === 'deployments' && body.spec ? [body.spec.replicas] : []));
const requests = () => sent.map(({ method, what }) => `${method} ${what}`);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  [sent, events, connected, failure, deployments] = [[], [], true, undefined, new Map()];
  const client = {
    async request(method: string, path: string, { body, contentType }: { body?: object; contentType?: string } = {}) {
      const [, what = '', name = ''] = /\/namespaces\/shop\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
      sent.push({ method, what, type: contentType, body: body ?? {} });
      const thrown = failure;
      failure = undefined;
      if (thrown) throw thrown;
      if (what !== 'deployments' || method === 'DELETE') return {};
      const before = deployments.get(name) as { metadata: { generation: number }; spec: object } | undefined;
      const change = body as { metadata: object; spec: object };
      if (contentType?.includes('apply')) return store(name, change, (before?.metadata.generation ?? 0) + 1);
      if (!before) throw new KubernetesError({ status: 404, reason: 'NotFound', message: 'no such deployment' });
      return store(name, { ...before, spec: { ...before.spec, ...change.spec } }, before.metadata.generation + 1);
    },
  } as unknown as KubernetesClient;
  const queue = createWriteQueue(4);
  const podWriter = createPodWriter({ client, queue, log: silentLog, now: Date.now });
  const emit = (event: FleetEvent) => void events.push(event);
  members = new Members({
    emit,
    zoneOf: () => undefined,
    onUseless: () => undefined,
    onChanged: (member) => keeper.onMember(member),
    onProblem: (member, problem) => keeper.onProblem(member, problem),
    now: Date.now,
  });
  keeper = new WorkloadKeeper({
    deployments: createDeploymentWriter({ client, context }),
    queue,
    members,
    podWriter,
    log: silentLog,
    emit,
    connected: () => connected,
    now: Date.now,
  });
});
afterEach(() => {
  keeper.close();
  members.close();
  vi.useRealTimers();
});

test('a pool is made once, then only its replicas change, however often it is asked for in one turn', async () => {
  keeper.keep(pool, 1);
  keeper.keep(pool, 3);
  await settle();
  expect(sent).toMatchObject([{ method: 'PATCH', type: 'application/apply-patch+yaml', body: { kind: 'Deployment', spec: { replicas: 3 } } }]);
  keeper.keep(pool, 4);
  await settle();
  expect(sent.at(-1)).toMatchObject({ type: 'application/merge-patch+json', body: { spec: { replicas: 4 } } });
  keeper.keep(pool, 4);
  await settle();
  expect(sent).toHaveLength(2);
});

test('a pod that a cold function gives back is offered first, and deleted should the ReplicaSet leave it', async () => {
  keeper.keep(cold, 2);
  await settle();
  for (const name of ['a', 'b']) members.observe(pod(cold, name));
  members.lease(cold.key);
  members.lease(cold.key);
  keeper.keep(cold, 0);
  await settle();
  sent = [];
  members.setStopping('shop/b', 1000);
  keeper.onMember(members.get('shop/b') as never);
  await settle();
  expect(requests()).toEqual(['PATCH pods', 'PATCH deployments']);
  expect(replicasSent()).toEqual([1]);
  await vi.advanceTimersByTimeAsync(1900);
  expect(sent).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(200);
  expect(requests().at(-1)).toBe('DELETE pods');
});

test('a Deployment that a new leader finds stays as it is until something asks for it', async () => {
  found(pool, 2);
  found(cold, 1);
  members.observe(pod(pool, 'a', { ready: false }));
  await settle();
  await vi.advanceTimersByTimeAsync(MINUTE / 2);
  expect(sent).toEqual([]);
  keeper.keep(pool, 2);
  await settle();
  expect(sent).toEqual([]);
});

test('one that is seen before its pods gets no other beside those that serve', async () => {
  found(cold, 1);
  await settle();
  const serves = { function: { namespace: 'shop', name: 'report', uid: 'u' }, revision: { name: 'r', uid: 'r' }, content: 'c' };
  members.observe(pod(cold, 'a', { assignment: serves }));
  keeper.onMember(members.get('shop/a') as never);
  await settle();
  expect(sent).toEqual([]);
});

test('one pod given back of what was found lowers it by one, and no further', async () => {
  found(cold, 2);
  for (const name of ['a', 'b'])
    members.observe(
      pod(cold, name, { assignment: { function: { namespace: 'shop', name: 'report', uid: 'u' }, revision: { name: 'r', uid: 'r' }, content: 'c' } }),
    );
  await settle();
  members.setStopping('shop/a', 1000);
  keeper.onMember(members.get('shop/a') as never);
  await settle();
  members.observe(pod(cold, 'b', { assignment: members.get('shop/b')?.pod.assignment as never, resourceVersion: '2' }));
  await settle();
  expect(replicasSent()).toEqual([1]);
});

test('what nothing has asked for after a minute is emptied, and deleted when it was empty for long', async () => {
  found(pool, 2);
  await vi.advanceTimersByTimeAsync(2 * MINUTE);
  expect(replicasSent()).toEqual([0]);
  await vi.advanceTimersByTimeAsync(4 * MINUTE);
  expect(requests()).not.toContain('DELETE deployments');
  await vi.advanceTimersByTimeAsync(2 * MINUTE);
  expect(sent.at(-1)).toMatchObject({ method: 'DELETE', what: 'deployments', body: { preconditions: { uid: `uid-${workloadName(pool)}` } } });
});

test('what is emptied keeps what it was made with: nothing but its replicas is written', async () => {
  found({ ...cold, owner: { ...cold.owner, uid: 'fn-uid' } }, 1);
  await vi.advanceTimersByTimeAsync(2 * MINUTE);
  expect(sent).toMatchObject([{ type: 'application/merge-patch+json', body: { spec: { replicas: 0 } } }]);
});

test('while the cluster cannot be seen nothing is emptied', async () => {
  found(pool, 2);
  connected = false;
  await vi.advanceTimersByTimeAsync(10 * MINUTE);
  expect(sent).toEqual([]);
  connected = true;
  keeper.keep(pool, 0);
  await settle();
  expect(replicasSent()).toEqual([0]);
});

test('a new image is rolled out by the Deployment, replicas as they are', async () => {
  found(pool, 2, { ...context, workloads: parseWorkloads('{"images":{"nodejs":"fibonacci-nodejs:0"}}') });
  keeper.keep(pool, 2);
  await settle();
  expect(sent).toMatchObject([
    { type: 'application/apply-patch+yaml', body: { spec: { replicas: 2, template: { spec: { containers: [{ image: 'fibonacci-nodejs:1' }] } } } } },
  ]);
  keeper.keep(pool, 2);
  await settle();
  expect(sent).toHaveLength(1);
});

test('a write that fails is told with the reason, and tried again later and later', async () => {
  failure = new KubernetesError({ status: 403, reason: 'Forbidden', message: 'exceeded quota: deployments' });
  keeper.keep(pool, 1);
  await settle();
  expect(events).toMatchObject([{ type: 'failing', template: { key: pool.key }, reason: 'exceeded quota: deployments', retryAtMs: Date.now() + 500 }]);
  await vi.advanceTimersByTimeAsync(400);
  expect(sent).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(200);
  expect(replicasSent()).toEqual([1, 1]);
});

test('a Deployment that someone deleted is made again', async () => {
  keeper.keep(pool, 1);
  await settle();
  const view = viewOf(pool);
  deployments.clear();
  keeper.forget(view);
  await settle();
  expect(replicasSent()).toEqual([1, 1]);
});

test('of a cold function whose Deployment is gone nothing is made again but what waits', async () => {
  keeper.keep(cold, 1);
  await settle();
  members.observe(pod(cold, 'a'));
  members.lease(cold.key);
  keeper.keep(cold, 0);
  await settle();
  sent = [];
  keeper.forget(viewOf(cold));
  await settle();
  expect(sent).toEqual([]);
});

test('replicas that someone else changed are put right', async () => {
  keeper.keep(pool, 2);
  await settle();
  const ours = deployments.get(workloadName(pool)) as { metadata: object; spec: object };
  store(workloadName(pool), { ...ours, spec: { ...ours.spec, replicas: 7 } }, 9);
  keeper.observe(viewOf(pool));
  await settle();
  expect(replicasSent()).toEqual([2, 2]);
});

test('why pods do not come up is told once, and again after a while; once one waits it is forgotten', async () => {
  keeper.keep(pool, 1);
  await settle();
  const stuck = pod(pool, 'a', { ready: false, problem: 'ErrImagePull: not found' });
  for (const resourceVersion of ['1', '2', '3']) members.observe({ ...stuck, resourceVersion });
  expect(events).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(11_000);
  members.observe({ ...stuck, resourceVersion: '4' });
  expect(events.map(({ type }) => type)).toEqual(['failing', 'failing']);
  members.observe(pod(pool, 'b'));
  members.observe({ ...stuck, resourceVersion: '5' });
  expect(events.map(({ type }) => type)).toEqual(['failing', 'failing', 'idle', 'failing']);
});
