import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type KubernetesClient, KubernetesError } from '../../kit/kubernetes/client.ts';
import { createLog } from '../../kit/log.ts';
import { createLeaderEndpoints } from './endpoints.ts';

let written: { path: string; body: unknown }[];
let answer: () => Promise<unknown>;
const client = {
  request: (_method: string, path: string, { body }: { body?: unknown } = {}) => {
    written.push({ path, body });
    return answer();
  },
} as unknown as KubernetesClient;
const create = () => createLeaderEndpoints(client, { namespace: 'sys', podName: 'scaler-1', podIp: '10.0.0.7' }, createLog({ name: 'test', level: 'error' }));

beforeEach(() => {
  vi.useFakeTimers();
  [written, answer] = [[], async () => ({})];
});
afterEach(() => vi.useRealTimers());

test('the Service leads to the leader, also after somebody removed the way, until it closes', async () => {
  const endpoints = create();
  await endpoints.announce(8082);
  expect(written).toMatchObject([{ path: expect.stringContaining('/namespaces/sys/endpointslices/'), body: { endpoints: [{ addresses: ['10.0.0.7'] }] } }]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(written).toHaveLength(3);
  endpoints.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(written).toHaveLength(3);
});

test('an API server that does not answer is asked again; one that refuses ends the start', async () => {
  answer = async () => {
    throw new KubernetesError(written.length < 3 ? { status: 0, reason: 'Unreachable', message: 'away' } : { status: 403, reason: 'Forbidden', message: 'no' });
  };
  const announced = expect(create().announce(8082)).rejects.toMatchObject({ status: 403 });
  await vi.advanceTimersByTimeAsync(10_000);
  await announced;
  expect(written).toHaveLength(3);
});
