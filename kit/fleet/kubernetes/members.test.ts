import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FleetEvent, InstanceTemplate } from '../fleet.ts';
import { Members } from './members.ts';
import type { PodView } from './pods.ts';

const template: InstanceTemplate = { key: 'pool:shop/web#1', namespace: 'shop', runtime: 'nodejs', memoryBytes: 1024, owner: { kind: 'PodPool', name: 'web' } };
const assignment = { function: { namespace: 'shop', name: 'cart', uid: 'u' }, revision: { name: 'cart-00001', uid: 'r' }, content: 'sha256:1' };
let events: FleetEvent[];
let useless: string[];
let members: Members;

const pod = (name: string, over: Partial<PodView> = {}): PodView => ({
  namespace: 'shop',
  name,
  uid: name,
  resourceVersion: '1',
  createdAt: 0,
  workload: 'web-1',
  template,
  node: 'node-a',
  ip: '10.0.0.1',
  ready: true,
  restarts: 0,
  ...over,
});
const told = () => events.map((event) => `${event.type} ${event.type === 'failing' ? event.reason : event.instance.id}`);

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  [events, useless] = [[], []];
  members = new Members({
    emit: (event) => events.push(event),
    zoneOf: (node) => (node === 'node-a' ? 'zone-a' : undefined),
    onUseless: ({ id }) => useless.push(id),
    onChanged: () => undefined,
    onProblem: () => undefined,
    now: Date.now,
  });
});
afterEach(() => {
  members.close();
  vi.useRealTimers();
});

test('a pod is given away once, with its addresses and zone, the longest waiting first', () => {
  members.observe(pod('a', { ready: false }));
  expect(members.lease(template.key)).toBeUndefined();
  members.observe(pod('b'));
  members.observe(pod('a'));
  expect(members.lease(template.key)).toMatchObject({
    id: 'shop/b',
    state: 'leased',
    dataAddress: '10.0.0.1:8080',
    controlUrl: 'http://10.0.0.1:8081',
    zone: 'zone-a',
  });
  expect([members.lease(template.key)?.id, members.lease(template.key)]).toEqual(['shop/a', undefined]);
  expect(told()).toEqual(['idle shop/b', 'idle shop/a']);
});

test('a certain one can be claimed while it waits', () => {
  members.observe(pod('a'));
  members.observe(pod('b'));
  expect(members.claim('shop/b')?.id).toBe('shop/b');
  expect([members.claim('shop/b'), members.claim('shop/none')]).toEqual([undefined, undefined]);
});

test('one that a former leader gave away is known with its function', () => {
  members.observe(pod('a', { assignment }));
  expect(members.list()).toMatchObject([{ id: 'shop/a', state: 'leased', assignment }]);
});

test('one that is given to a function while it waits is nobody else’s', () => {
  members.observe(pod('a'));
  members.setAssignment('shop/a', assignment);
  expect(members.lease(template.key)).toBeUndefined();
  expect(members.list()).toMatchObject([{ state: 'leased', assignment }]);
});

test('an eviction is told before the end, and the end once', () => {
  members.observe(pod('a'));
  members.lease(template.key);
  const going = pod('a', { endsBy: 30_000, ready: false });
  members.observe(going);
  members.observe({ ...going, resourceVersion: '2' });
  members.forget(going);
  expect(told()).toEqual(['idle shop/a', 'leaving shop/a', 'gone shop/a']);
  expect(members.list()).toEqual([]);
});

test('a container that starts anew under its function is gone for the world and its pod is useless', () => {
  members.observe(pod('a'));
  members.lease(template.key);
  members.observe(pod('a', { restarts: 1, ready: false, lastEnd: 'its container ended: OOMKilled' }));
  expect(events.at(-1)).toMatchObject({ type: 'gone', reason: 'its container ended: OOMKilled' });
  expect(useless).toEqual(['shop/a']);
  members.forget(pod('a'));
  expect(told()).toEqual(['idle shop/a', 'gone shop/a']);
});

test('a pod that its node never ends counts as gone some time after it was due', async () => {
  members.observe(pod('a'));
  members.lease(template.key);
  members.observe(pod('a', { endsBy: 30_000 }));
  const gone = members.get('shop/a')?.gone;
  await vi.advanceTimersByTimeAsync(44_000);
  expect(told()).toEqual(['idle shop/a', 'leaving shop/a']);
  await vi.advanceTimersByTimeAsync(2000);
  await gone;
  expect(told().at(-1)).toBe('gone shop/a');
});

test('a pod of the same name with another UID does not end the one that is there', () => {
  members.observe(pod('a'));
  members.forget(pod('a', { uid: 'former' }));
  expect(members.list()).toHaveLength(1);
});
