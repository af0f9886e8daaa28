import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Cluster, openCluster } from './machine/cluster.ts';
import { BASE_IMAGE } from './machine/plan.ts';

const NAMESPACE = 'machine-faults-test';
const APP = { app: 'steady' };

interface Pod {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly nodeName: string };
  readonly status: { readonly podIP: string; readonly containerStatuses: readonly { readonly restartCount: number; readonly containerID: string }[] };
}

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'steady', namespace: NAMESPACE },
  spec: {
    replicas: 2,
    selector: { matchLabels: APP },
    template: {
      metadata: { labels: APP },
      spec: {
        terminationGracePeriodSeconds: 0,
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: APP } },
        ],
        containers: [
          {
            name: 'server',
            image: BASE_IMAGE,
            imagePullPolicy: 'IfNotPresent',
            command: ['python3', '-m', 'http.server', '8080', '--directory', '/usr/share'],
            readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
};

describe('what tests break of the test cluster', () => {
  let cluster: Cluster;
  const pods = async () => (await cluster.get<{ items: Pod[] }>('pods', '-n', NAMESPACE, '-l', 'app=steady')).items;
  const rolledOut = () => cluster.kubectl(['rollout', 'status', '-n', NAMESPACE, 'deployment/steady', '--timeout=60s']);
  const statusOf = async ({ status }: Pod) => (await fetch(`http://${status.podIP}:8080/`, { signal: AbortSignal.timeout(2000) })).status;

  beforeAll(async () => {
    cluster = await openCluster();
    await cluster.kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found']);
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }, deployment);
    await rolledOut();
  });

  afterAll(() => cluster.kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']));

  it('pods answer while the API server is down, and it comes back with all it knew', async () => {
    const before = await pods();
    await cluster.faults.stopApiServer();
    await expect(cluster.kubectl(['get', 'namespaces', '--request-timeout=2s'])).rejects.toThrow(/refused|reset/);
    expect(await Promise.all(before.map(statusOf))).toEqual([200, 200]);
    await cluster.faults.startApiServer();
    expect((await pods()).map(({ metadata }) => metadata.name).toSorted()).toEqual(before.map(({ metadata }) => metadata.name).toSorted());
  });

  it('a kubelet that starts again leaves its pods running', async () => {
    const before = await pods();
    const [pod] = before;
    await cluster.faults.restartKubelet(pod?.spec.nodeName ?? '', 1000);
    await cluster.kubectl(['wait', 'node', '--all', '--for=condition=Ready', '--timeout=60s']);
    const containers = (all: readonly Pod[]) =>
      all.map(({ status }) => status.containerStatuses.map(({ restartCount, containerID }) => [restartCount, containerID]));
    expect(containers(await pods())).toEqual(containers(before));
    expect(await Promise.all(before.map(statusOf))).toEqual([200, 200]);
  });

  it('a drained node’s pods come back on the other one', async () => {
    const [pod] = await pods();
    const drained = pod?.spec.nodeName ?? '';
    try {
      await cluster.faults.drain(drained);
      await rolledOut();
      await vi.waitFor(async () => {
        const where = (await pods()).map(({ spec }) => spec.nodeName);
        expect(where.length).toBe(2);
        expect(where).not.toContain(drained);
      }, 30_000);
    } finally {
      await cluster.faults.uncordon(drained);
    }
  });
});
