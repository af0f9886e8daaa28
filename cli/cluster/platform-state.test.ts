import { expect, test } from 'vitest';
import type { Cluster } from './cluster.ts';
import { podsOfPart } from './platform-state.ts';

const workload = (kind: string, creationTimestamp: string) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'fibonacci-artifacts', namespace: 'system', creationTimestamp },
  spec: { selector: { matchLabels: { 'app.kubernetes.io/name': 'fibonacci-artifacts' } } },
});
const pod = (name: string, kind: string) => ({ metadata: { name, ownerReferences: [{ kind }] } });
const PODS = [pod('on-volume', 'StatefulSet'), pod('on-bucket', 'ReplicaSet')];

function clusterOf(created: Readonly<Record<string, string>>): Cluster {
  const get = async ({ kind }: { kind: string }) => (created[kind] === undefined ? undefined : workload(kind, created[kind]));
  return { get, list: async () => PODS } as unknown as Cluster;
}

test.each<[string, Readonly<Record<string, string>>, string[]]>([
  ['on a volume', { StatefulSet: '2026-01-01T00:00:00Z' }, ['on-volume']],
  ['on a bucket', { Deployment: '2026-01-01T00:00:00Z' }, ['on-bucket']],
  ['going from a volume to a bucket', { StatefulSet: '2026-01-01T00:00:00Z', Deployment: '2026-02-01T00:00:00Z' }, ['on-bucket']],
  ['going from a bucket to a volume', { StatefulSet: '2026-02-01T00:00:00Z', Deployment: '2026-01-01T00:00:00Z' }, ['on-volume']],
  ['nowhere', {}, []],
])('packages go to the artifact service that is to stay: %s', async (_, created, names) => {
  const pods = await podsOfPart(clusterOf(created), 'system', 'fibonacci-artifacts');
  expect(pods.map(({ metadata }) => metadata.name)).toEqual(names);
});
