import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKubernetesClient, type KubernetesClient, resourcePath } from '../../kit/kubernetes/client.ts';
import { acquireLease } from '../../kit/kubernetes/lease.ts';
import { silentLog } from '../../kit/log.ts';
import { clusterFolders } from './machine/folders.ts';

const namespace = `lease-${randomBytes(3).toString('hex')}`;
const { kubeconfig } = clusterFolders();
/** One for each scaler: ended without a word, as a crash does. */
let clients: KubernetesClient[];

beforeAll(async () => {
  clients = await Promise.all([1, 2, 3].map(() => createKubernetesClient({ kubeconfig })));
  await clients[0]?.request('POST', resourcePath({ version: 'v1', plural: 'namespaces' }), { body: { metadata: { name: namespace } } });
});
afterAll(async () => {
  await clients[2]?.request('DELETE', resourcePath({ version: 'v1', plural: 'namespaces', name: namespace }));
  await Promise.all(clients.map((client) => client.close()));
});

const acquire = (of: number, signal?: AbortSignal) => {
  const client = clients[of];
  if (!client) throw new Error('no such client');
  return acquireLease({ client, namespace, name: 'fibonacci-scaler', identity: `scaler-${of}`, log: silentLog, ...(signal && { signal }) });
};

it('a scaler that stops hands over at once, one that crashes within 15 seconds, each time with a higher epoch', async () => {
  const first = await acquire(0);
  const next = acquire(1);
  expect(await Promise.race([next.then(() => 'taken'), sleep(5_000, 'waiting')])).toBe('waiting');

  let from = performance.now();
  await first.close();
  const second = await next;
  expect(second.epoch).toBe(first.epoch + 1);
  expect(performance.now() - from).toBeLessThan(3_000);

  const last = acquire(2);
  await sleep(3_000);
  from = performance.now();
  await clients[1]?.close();
  const third = await last;
  expect(third.epoch).toBe(second.epoch + 1);
  expect(performance.now() - from).toBeGreaterThan(7_000);
  expect(performance.now() - from).toBeLessThan(15_000);
  const { spec } = (await clients[2]?.request<{ spec: object }>(
    'GET',
    resourcePath({ group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespace, name: 'fibonacci-scaler' }),
  )) ?? { spec: {} };
  expect(spec).toMatchObject({ holderIdentity: expect.stringContaining('scaler-2_'), leaseTransitions: third.epoch - 1, leaseDurationSeconds: 10 });
  await third.close();
});
