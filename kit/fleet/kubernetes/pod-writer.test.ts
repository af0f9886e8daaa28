import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type KubernetesClient, KubernetesError } from '../../kubernetes/client.ts';
import { silentLog } from '../../log.ts';
import type { Assignment, InstanceTemplate } from '../fleet.ts';
import type { Member } from './members.ts';
import type { PodView } from './pods.ts';
import { createPodWriter, type PodWriter } from './pod-writer.ts';
import { createWriteQueue } from './write-queue.ts';

const template: InstanceTemplate = { key: 'pool:shop/web#1', namespace: 'shop', runtime: 'nodejs', memoryBytes: 1024, owner: { kind: 'PodPool', name: 'web' } };
const assignment: Assignment = { function: { namespace: 'shop', name: 'cart', uid: 'u' }, revision: { name: 'cart-00001', uid: 'r' }, content: 'sha256:1' };
const view: PodView = {
  namespace: 'shop',
  name: 'web-1',
  uid: 'pod-uid',
  resourceVersion: '7',
  createdAt: 0,
  workload: 'w',
  template,
  ready: true,
  restarts: 0,
};
const PATH = '/api/v1/namespaces/shop/pods/web-1';

let sent: { method: string; path: string; body?: unknown }[];
/** What the API server answers, request by request; then it takes everything. */
let answers: (object | KubernetesError)[];
let writer: PodWriter;
let gone: PromiseWithResolvers<void>;

const refusal = (status: number, reason: string) => new KubernetesError({ status, reason, message: reason });
const rawPod = (resourceVersion: string) => ({
  metadata: {
    ...view,
    resourceVersion,
    creationTimestamp: '2026-01-01T00:00:00Z',
    annotations: { 'fibonacci.dev/instance-template': JSON.stringify(template) },
  },
});
const member = (over: Partial<{ -readonly [K in keyof Member]: Member[K] }> = {}): { -readonly [K in keyof Member]: Member[K] } => ({
  id: 'shop/web-1',
  pod: view,
  state: 'leased',
  leasedAt: 0,
  assignment,
  graceMs: undefined,
  gone: gone.promise,
  ...over,
});
const versions = () => sent.flatMap(({ body }) => (Array.isArray(body) ? [(body[0] as { value: string }).value] : []));

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  [sent, answers] = [[], []];
  gone = Promise.withResolvers<void>();
  const client = {
    async request(method: string, path: string, { body }: { body?: unknown } = {}) {
      sent.push({ method, path, ...(body !== undefined && { body }) });
      const answer = answers.shift() ?? {};
      if (answer instanceof Error) throw answer;
      return answer;
    },
  } as unknown as KubernetesClient;
  writer = createPodWriter({ client, queue: createWriteQueue(4), log: silentLog, now: Date.now });
});
afterEach(() => {
  writer.close();
  vi.useRealTimers();
});

test('a pod is marked with one patch, and not again', async () => {
  const one = member();
  await writer.record(one);
  await writer.record(one);
  expect(sent).toMatchObject([{ method: 'PATCH', path: PATH }]);
});

test('of a pod that has changed the newest version is patched', async () => {
  answers = [refusal(422, 'Invalid'), rawPod('8')];
  await writer.record(member());
  expect(sent.map(({ method }) => method)).toEqual(['PATCH', 'GET', 'PATCH']);
  expect(versions()).toEqual(['7', '8']);
});

test('what is refused as it stands is tried again later, not at once', async () => {
  answers = [refusal(422, 'Invalid'), rawPod('7')];
  const done = writer.record(member());
  await vi.advanceTimersByTimeAsync(100);
  expect(sent).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(200);
  await done;
  expect(sent).toHaveLength(3);
});

test('an API server that is down is waited for; a pod that goes meanwhile is let go', async () => {
  answers = [refusal(0, 'Unreachable'), refusal(0, 'Unreachable')];
  const done = writer.record(member());
  await vi.advanceTimersByTimeAsync(250);
  expect(sent).toHaveLength(2);
  gone.resolve();
  await vi.advanceTimersByTimeAsync(1000);
  await done;
  expect(sent).toHaveLength(2);
});

test('of updates in a row the last one counts', async () => {
  const one = member();
  const first = writer.record(one);
  one.assignment = { ...assignment, content: 'sha256:2' };
  await Promise.all([first, writer.record(one)]);
  expect(JSON.stringify(sent.at(-1)?.body)).toContain('sha256:2');
});

test('a pod is deleted with the time that was given, and only that very pod', async () => {
  writer.remove(member({ graceMs: 2500 }), 0);
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toMatchObject([{ method: 'DELETE', path: PATH, body: { gracePeriodSeconds: 3, preconditions: { uid: 'pod-uid' } } }]);
});

test('a pod that goes already is hurried only if it would take much longer', async () => {
  writer.remove(member({ pod: { ...view, endsBy: 3000 }, graceMs: 2500 }), 0);
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toEqual([]);
  writer.remove(member({ pod: { ...view, endsBy: 900_000 }, graceMs: 2500 }), 0);
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toHaveLength(1);
});

test('a deletion that fails is tried until there is no such pod', async () => {
  answers = [refusal(500, 'InternalError'), refusal(404, 'NotFound')];
  writer.remove(member(), 0);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(sent).toHaveLength(2);
});
