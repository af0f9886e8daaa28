import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectCluster, type Cluster as CliCluster } from '../../cli/cluster/cluster.ts';
import type { ClusterObject } from '../../cli/cluster/cluster-object.ts';
import { uploadPackages } from '../../cli/cluster/large-packages.ts';
import { judgeReadiness, type Verdict } from '../../cli/cluster/readiness.ts';
import { explainVerdict } from '../../cli/cluster/workload-pods.ts';
import * as fib from '../../constructs/index.ts';
import { synthesizeStack } from '../../constructs/loader.ts';
import { ARTIFACTS_NAME } from '../../protocol/cluster-names.ts';
import { digestOf } from '../../protocol/digest.ts';
import { type S3Server, startS3Server } from '../contract/artifacts-world/s3-server.ts';
import { loadTestImages } from './images/load.ts';
import { type Cluster, openCluster } from './machine/cluster.ts';
import { NETWORK } from './machine/plan.ts';

const SYSTEM = `s3-${randomBytes(3).toString('hex')}`;
const WHILE = { timeout: 90_000, interval: 500 };

let cluster: Cluster;
let cli: CliCluster;
let s3: S3Server;

// The artifact service alone: the rest of the platform is not asked for here.
beforeAll(async () => {
  cluster = await openCluster();
  await loadTestImages(cluster);
  s3 = await startS3Server(NETWORK.host);
  s3.makeBucket('packages');
  cli = await connectCluster({ kubeconfig: cluster.kubeconfig }, process.env);
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM, labels } });
  await secret('fibonacci-internal', { token: 'internal' });
}, 900_000);
afterAll(async () => {
  await cluster?.kubectl(['delete', 'namespace', SYSTEM, '--ignore-not-found', '--wait=false']);
  await cli?.close();
  await s3?.close();
});

/** As the Platform has it, with every policy. */
async function deploy(change: Partial<fib.ArtifactsS3> = {}): Promise<void> {
  const { objects } = synthesizeStack(
    fib.defineStack((app) => {
      new fib.Platform(app, 'platform', {
        namespace: SYSTEM,
        images: { registry: 'localhost', tag: 'test', pullPolicy: 'Never' },
        artifacts: { s3: { endpoint: s3.endpoint, region: s3.region, bucket: 'packages', credentials: { secret: 's3-keys' }, ...change } },
      });
    }),
  );
  const own = objects.map(({ object }) => object).filter(({ metadata }) => metadata.namespace === SYSTEM);
  await cluster.apply(...own.filter(({ kind, metadata }) => kind === 'NetworkPolicy' || metadata.name === ARTIFACTS_NAME));
}

const secret = (name: string, stringData: Readonly<Record<string, string>>) =>
  cluster.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: SYSTEM }, stringData });

/** As `fib deploy` and `fib status` see it. */
async function verdict(): Promise<Verdict> {
  const deployment = await cluster.get<ClusterObject>('deployment', ARTIFACTS_NAME, '-n', SYSTEM);
  return explainVerdict(cli, deployment, judgeReadiness(deployment));
}

const upload = (bytes: Uint8Array, patienceMs = 30_000) => uploadPackages(cli, SYSTEM, [{ digest: digestOf(bytes), bytes, path: 'app/large' }], patienceMs);

it('the artifact service on a bucket does not start without its Secret, and says so where who deploys looks', async () => {
  await deploy();
  await expect
    .poll(verdict, WHILE)
    .toEqual({ kind: 'failing', why: expect.stringMatching(/CrashLoopBackOff[^]*FIB_S3_ACCESS_KEY_ID_FILE=[^ ]*\/s3-keys\/accessKeyId cannot be read/) });
  const refusal = async () => upload(randomBytes(100_000), 0).then(String, (error: Error) => error.message);
  await expect.poll(refusal, WHILE).toMatch(/fibonacci-artifacts is not ready: [^]*accessKeyId cannot be read/);
});

it('with it, packages get there through a port-forward, once', async () => {
  await secret('s3-keys', { accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey });
  await cluster.kubectl(['rollout', 'restart', `deployment/${ARTIFACTS_NAME}`, '-n', SYSTEM]);
  await expect.poll(verdict, WHILE).toEqual({ kind: 'ready' });
  const bytes = randomBytes(2 * 1024 * 1024);
  expect(await upload(bytes)).toEqual([digestOf(bytes)]);
  expect(digestOf(s3.read('packages', `${digestOf(bytes).replace('sha256:', '')}.pkg`))).toBe(digestOf(bytes));
  expect(await upload(bytes)).toEqual([]);
});

it('where its policy leads elsewhere, who uploads is told that the server is not reached', async () => {
  await deploy({ egress: [{ cidr: '192.0.2.0/24' }] });
  // A connection that is open stays open for some seconds.
  const refusal = async () => upload(randomBytes(100_000)).then(String, (error: Error) => error.message);
  await expect.poll(refusal, WHILE).toMatch(/app\/large: the artifact service took no package [^]*503 [^]*ARTIFACTS_UNAVAILABLE[^]*is not reached/);
});
