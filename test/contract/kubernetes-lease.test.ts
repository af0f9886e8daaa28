import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Log, silentLog } from '../../kit/log.ts';
import { acquireLease, type HeldLease, type LeaseOptions } from '../../kit/kubernetes/lease.ts';
import { type FakeApi, startFakeApi, status } from './kubernetes-world/fake-api.ts';

const LIST = '/apis/coordination.k8s.io/v1/namespaces/fibonacci-system/leases';
const TIMES = { durationMs: 600, renewMs: 100 };

let api: FakeApi;
let held: HeldLease[];

beforeEach(async () => {
  api = await startFakeApi();
  held = [];
});
afterEach(async () => {
  await Promise.all(held.map((lease) => lease.close()));
  await api.close();
});

async function acquire(identity: string, options: Partial<LeaseOptions> = {}): Promise<HeldLease> {
  const lease = await acquireLease({
    client: api.client,
    namespace: 'fibonacci-system',
    name: 'fibonacci-scaler',
    identity,
    log: silentLog,
    ...TIMES,
    ...options,
  });
  held.push(lease);
  return lease;
}
const spec = () => api.objects.all(LIST)[0]?.spec as { holderIdentity: string; leaseTransitions: number; renewTime: string };
/** Whether it settles before a few renewals are over. */
const settles = (promise: Promise<unknown>, ms: number) =>
  Promise.race([promise.then(() => true), new Promise<false>((resolve) => setTimeout(resolve, ms, false))]);

describe('leader election', () => {
  it('one leads, the others wait, and it renews', async () => {
    const first = await acquire('a');
    const second = acquire('b');
    const { renewTime } = spec();
    expect(await settles(second, 1_500)).toBe(false);
    expect(spec().renewTime).not.toBe(renewTime);
    await first.close();
    expect((await second).epoch).toBe(first.epoch + 1);
  });

  it('given up, it goes over at once', async () => {
    const first = await acquire('a', { durationMs: 60_000 });
    const second = acquire('b', { durationMs: 60_000 });
    expect(await settles(second, 300)).toBe(false);
    const from = performance.now();
    await first.close();
    await second;
    expect(performance.now() - from).toBeLessThan(3_000);
  });

  it('after a crash it goes over once the duration has passed, with a higher epoch', async () => {
    api.objects.put(LIST, { metadata: { name: 'fibonacci-scaler' }, spec: { holderIdentity: 'crashed', leaseTransitions: 41, renewTime: 'whenever' } });
    const from = performance.now();
    const { epoch } = await acquire('b');
    expect(epoch).toBe(43);
    expect(performance.now() - from).toBeGreaterThanOrEqual(600);
    expect(performance.now() - from).toBeLessThan(3_000);
  });

  it('of many that wait exactly one takes it', async () => {
    api.objects.put(LIST, { metadata: { name: 'fibonacci-scaler' }, spec: { holderIdentity: '', leaseTransitions: 1 } });
    const all = ['a', 'b', 'c', 'd'].map((identity) => acquire(identity));
    await Promise.race(all);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(held.map(({ epoch }) => epoch)).toEqual([3]);
    for (let epoch = 4; epoch <= 6; epoch++) {
      await held.at(-1)?.close();
      await vi.waitFor(() => expect(held.at(-1)?.epoch).toBe(epoch), 2_000);
    }
  });

  it('the holder goes on through an API server that refuses and comes back', async () => {
    const lease = await acquire('a');
    api.answerNext(/PUT/, (_request, response) => status(response, 500, 'InternalError'), 5);
    expect(await settles(lease.lost, 800)).toBe(false);
    const { renewTime } = spec();
    await vi.waitFor(() => expect(spec().renewTime).not.toBe(renewTime), 2_000);
  });

  it('one that waits gives the holder a whole duration after it could not look', async () => {
    const warnings: string[] = [];
    const log: Log = { ...silentLog, info: (msg) => warnings.push(msg) };
    const lease = await acquire('a');
    const second = acquire('b', { log });
    await vi.waitFor(() => expect(api.watches()).toBe(1));
    // Nobody reaches the API server for longer than the duration.
    api.answerNext(/./, (request) => request.socket.destroy(), 1_000);
    api.disturb('reset');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    api.answersEnd();
    await vi.waitFor(() => expect(warnings).toContain('watching again'), 5_000);
    expect(await settles(second, 1_000)).toBe(false);
    expect(await settles(lease.lost, 1)).toBe(false);
    await lease.close();
    await second;
  });

  it('the holder ends when another holds a higher transition', async () => {
    const lease = await acquire('a');
    api.objects.put(LIST, { metadata: { name: 'fibonacci-scaler' }, spec: { holderIdentity: 'b', leaseTransitions: lease.epoch } });
    expect(await lease.lost).toBe(`b leads since transition ${lease.epoch}`);
    await lease.close();
    expect(spec().holderIdentity).toBe('b');
  });

  it('a deleted Lease is made again by its holder, with its number', async () => {
    const lease = await acquire('a');
    api.objects.remove(LIST, 'fibonacci-scaler');
    await vi.waitFor(() => expect(spec()).toMatchObject({ leaseTransitions: lease.epoch - 1 }), 2_000);
    expect(await settles(lease.lost, 300)).toBe(false);
  });

  it('waiting ends by its signal', async () => {
    await acquire('a');
    await expect(acquire('b', { signal: AbortSignal.timeout(100) })).rejects.toThrow('timeout');
  });
});
