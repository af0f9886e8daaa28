import { randomBytes } from 'node:crypto';
import { vi } from 'vitest';
import type { Fleet, FleetEvent, Instance, InstanceTemplate } from '../../../kit/fleet/fleet.ts';
import { createKubernetesFleet, type KubernetesFleetOptions } from '../../../kit/fleet/kubernetes/kubernetes.ts';
import { createKubernetesClient, type KubernetesClient } from '../../../kit/kubernetes/client.ts';
import { silentLog } from '../../../kit/log.ts';
import { FUNCTION_ACCOUNT } from '../../../protocol/cluster-names.ts';
import { renderCrd } from '../../../protocol/crd.ts';
import { API_VERSION } from '../../../protocol/names.ts';
import { KINDS, type KindName } from '../../../protocol/schema/resources.ts';
import { sampleFunction } from '../../../protocol/schema/sample.ts';
import { createSigningKey, publicKeyOf } from '../../../protocol/token.ts';
import { parseWorkloads } from '../../../protocol/workloads.ts';
import { loadTestImages } from '../images/load.ts';
import { TEST_IMAGES } from '../images/test-images.ts';
import { type Cluster, openCluster } from '../machine/cluster.ts';

interface Meta {
  readonly name: string;
  readonly uid: string;
  readonly deletionTimestamp?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string; readonly controller?: boolean }[];
}

interface Pod {
  readonly metadata: Meta;
  readonly spec: { readonly nodeName: string };
}

interface Deployment {
  readonly metadata: Meta;
  readonly spec: { readonly replicas: number };
}

/** A fleet as a scaler has it, with what it asked of the API server and what it told. */
export interface Leader {
  readonly fleet: Fleet;
  readonly events: readonly FleetEvent[];
  /** What the API server took since the last call: `PATCH pods`, `DELETE deployments` … */
  writes(): string[];
  idle(key: string): Instance[];
  close(): Promise<void>;
}

export interface LeadOptions {
  /** @default the cluster's own */
  readonly kubeconfig?: string;
  /** Of the Node.js watcher. @default the one that was built */
  readonly image?: string;
  /** @default 10m */
  readonly cpuRequest?: string;
}

/** A namespace on the test cluster, as the platform makes one for functions. */
export interface FleetWorld {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Ends when the world ends. */
  lead(options?: LeadOptions): Promise<Leader>;
  pool(name: string, over?: Partial<InstanceTemplate>): InstanceTemplate;
  /** A Function in the cluster, and the template of its instances. */
  cold(name: string): Promise<InstanceTemplate>;
  /** A Revision in the cluster. */
  revision(fn: string): Promise<{ readonly name: string; readonly uid: string }>;
  /** Those that are not on their way out. */
  pods(labels?: string): Promise<Pod[]>;
  deployments(): Promise<Deployment[]>;
  close(): Promise<void>;
}

const LONG = { timeout: 90_000, interval: 100 };

/** Waits until nothing is thrown; pods take seconds. */
export function until(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, LONG);
}

export async function createFleetWorld(): Promise<FleetWorld> {
  const cluster = await openCluster();
  await loadTestImages(cluster);
  const namespace = `fleet-${randomBytes(3).toString('hex')}`;
  await cluster.apply(...Object.keys(KINDS).map((kind) => renderCrd(kind as KindName)));
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...Object.values(KINDS).map(({ plural }) => `crd/${plural}.fibonacci.dev`)]);
  await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } });
  await cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: FUNCTION_ACCOUNT, namespace }, automountServiceAccountToken: false });
  const leaders: Leader[] = [];
  const publicKey = publicKeyOf(createSigningKey());
  const create = async (object: object) => {
    await cluster.apply(object);
    const { kind, metadata } = object as { kind: string; metadata: { name: string } };
    return (await cluster.get<{ metadata: Meta }>('-n', namespace, `${kind}.fibonacci.dev`, metadata.name)).metadata.uid;
  };
  const list = async <T extends { metadata: Meta }>(kind: string, labels: string) =>
    (await cluster.get<{ items: T[] }>('-n', namespace, kind, '-l', labels)).items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);

  return {
    cluster,
    namespace,
    async lead({ kubeconfig = cluster.kubeconfig, image = TEST_IMAGES.nodejs, cpuRequest = '10m' } = {}) {
      const workloads = parseWorkloads(JSON.stringify({ images: { nodejs: image }, cpuRequest }));
      const leader = await startLeader(kubeconfig, { namespaces: [namespace], publicKey, workloads });
      leaders.push(leader);
      return leader;
    },
    pool: (name, over = {}) => ({
      key: `pool:${namespace}/${name}#1`,
      namespace,
      runtime: 'nodejs',
      memoryBytes: 128 * 1024 ** 2,
      owner: { kind: 'PodPool', name },
      ...over,
    }),
    async cold(name) {
      const uid = await create(sampleFunction(name, {}, namespace));
      return { key: `cold:${namespace}/${name}#1`, namespace, runtime: 'nodejs', memoryBytes: 128 * 1024 ** 2, owner: { kind: 'Function', name, uid } };
    },
    async revision(fn) {
      const name = `${fn}-00001`;
      const digest = `sha256:${'0'.repeat(64)}`;
      const spec = { function: fn, functionUid: 'fn-uid', generation: 1, template: digest, content: digest, snapshot: sampleFunction(fn).spec };
      return { name, uid: await create({ apiVersion: API_VERSION, kind: 'Revision', metadata: { name, namespace }, spec }) };
    },
    pods: (labels = 'app.kubernetes.io/managed-by=fibonacci') => list<Pod>('pods', labels),
    deployments: () => list<Deployment>('deployments', 'app.kubernetes.io/managed-by=fibonacci'),
    async close() {
      await Promise.all(leaders.map((leader) => leader.close()));
      await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    },
  };
}

async function startLeader(kubeconfig: string, options: Pick<KubernetesFleetOptions, 'namespaces' | 'publicKey' | 'workloads'>): Promise<Leader> {
  const client = await createKubernetesClient({ kubeconfig });
  let writes: string[] = [];
  const counting: KubernetesClient = {
    ...client,
    async request<T>(...[method, path, options]: Parameters<KubernetesClient['request']>): Promise<T> {
      const answer = await client.request<T>(method, path, options);
      const [, kind = ''] = /\/namespaces\/[^/]+\/([^/]+)/.exec(path) ?? [];
      if (method !== 'GET') writes.push(`${method} ${kind}`);
      return answer;
    },
  };
  const fleet = await createKubernetesFleet({ ...options, client: counting, log: silentLog });
  const events: FleetEvent[] = [];
  fleet.subscribe((event) => events.push(event));
  return {
    fleet,
    events,
    writes() {
      const since = writes.sort();
      writes = [];
      return since;
    },
    idle: (key) => fleet.list().filter(({ state, template }) => state === 'idle' && template.key === key),
    async close() {
      await fleet.close();
      await client.close();
    },
  };
}
