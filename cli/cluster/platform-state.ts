import {
  ALERTMANAGER_NAME,
  ARTIFACTS_NAME,
  GATEWAY_NAME,
  INTERNAL_SECRET,
  PROMETHEUS_NAME,
  SCALER_NAME,
  SYSTEM_NAMESPACE,
} from '../../protocol/cluster-names.ts';
import { PlatformError } from '../../protocol/errors.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterObject } from './cluster-object.ts';
import type { ResourceType } from './discovery.ts';
import { judgeReadiness, type Verdict } from './readiness.ts';
import { explainVerdict, type Pod, podsOf } from './workload-pods.ts';

const DEPLOYMENTS: ResourceType = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true };
const STATEFUL_SETS: ResourceType = { group: 'apps', version: 'v1', kind: 'StatefulSet', plural: 'statefulsets', namespaced: true };
const ROLE_BINDINGS: ResourceType = { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'RoleBinding', plural: 'rolebindings', namespaced: true };
const SECRETS: ResourceType = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };
const LEASES: ResourceType = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases', namespaced: true };

/** One part of the platform. */
export interface PlatformPart {
  readonly name: string;
  readonly ready: number;
  readonly replicas: number;
  readonly image: string;
  readonly verdict: Verdict;
}

export interface PlatformState {
  readonly namespace: string;
  readonly parts: readonly PlatformPart[];
  /** The pod that holds the scaler's Lease. */
  readonly leader?: string;
}

/**
 * The platform's own namespace: that of the gateway which may read the functions' namespace; else the usual one, else wherever a gateway is.
 * @throws PlatformError PLATFORM_MISSING
 */
export async function findSystemNamespace(cluster: Cluster, functions: string | undefined): Promise<string> {
  const binding =
    functions === undefined ? undefined : await orForbidden(cluster.get<RoleBinding>(ROLE_BINDINGS, { namespace: functions, name: GATEWAY_NAME }));
  const bound = binding?.subjects?.find(({ kind }) => kind === 'ServiceAccount')?.namespace;
  if (bound !== undefined) return bound;
  const usual = await orForbidden(cluster.get(DEPLOYMENTS, { namespace: SYSTEM_NAMESPACE, name: GATEWAY_NAME }));
  if (usual) return SYSTEM_NAMESPACE;
  const found = await orForbidden(cluster.list<ClusterObject>(DEPLOYMENTS, undefined, { fieldSelector: `metadata.name=${GATEWAY_NAME}` }));
  const [gateway] = found ?? [];
  if (gateway?.metadata.namespace !== undefined) return gateway.metadata.namespace;
  throw new PlatformError(
    'PLATFORM_MISSING',
    `the cluster of context ${cluster.context} shows no Deployment ${GATEWAY_NAME}: deploy a stack with a Platform, or ask for the right to list deployments.apps`,
  );
}

/** @throws PlatformError PLATFORM_MISSING, CLUSTER_FORBIDDEN */
export async function readPlatform(cluster: Cluster, functions: string | undefined): Promise<PlatformState> {
  const namespace = await findSystemNamespace(cluster, functions);
  const own = (object: ClusterObject) => [GATEWAY_NAME, SCALER_NAME, ARTIFACTS_NAME, PROMETHEUS_NAME, ALERTMANAGER_NAME].includes(object.metadata.name);
  const [deployments, statefulSets, lease] = await Promise.all([
    cluster.list<ClusterObject>(DEPLOYMENTS, namespace),
    cluster.list<ClusterObject>(STATEFUL_SETS, namespace),
    orForbidden(cluster.get<Lease>(LEASES, { namespace, name: SCALER_NAME })),
  ]);
  // The identity ends in what tells one run of the pod from another.
  const holder = lease?.spec?.holderIdentity?.split('_')[0];
  const parts = await Promise.all([...deployments, ...statefulSets].filter(own).map((object) => toPart(cluster, object)));
  return { namespace, parts, ...(holder && { leader: holder }) };
}

/** The pods of one part of the platform. */
export async function podsOfPart(cluster: Cluster, namespace: string, name: string): Promise<Pod[]> {
  const workload = await findPart(cluster, namespace, name);
  if (!workload) return [];
  // Those of the other kind have the same labels.
  const controller = workload.kind === 'StatefulSet' ? 'StatefulSet' : 'ReplicaSet';
  return (await podsOf(cluster, workload)).filter(({ metadata }) => metadata.ownerReferences?.some(({ kind }) => kind === controller));
}

export async function hasPart(cluster: Cluster, namespace: string, name: string): Promise<boolean> {
  return (await findPart(cluster, namespace, name)) !== undefined;
}

/** Artifacts are a StatefulSet with a volume, or a Deployment where a bucket keeps them; while one takes over from the other, the newer. */
async function findPart(cluster: Cluster, namespace: string, name: string): Promise<ClusterObject | undefined> {
  const kinds = name === ARTIFACTS_NAME ? [DEPLOYMENTS, STATEFUL_SETS] : [DEPLOYMENTS];
  const found = await Promise.all(kinds.map((kind) => cluster.get<ClusterObject>(kind, { namespace, name })));
  return found.filter((one) => one !== undefined).toSorted((one, other) => (createdAt(one) < createdAt(other) ? 1 : -1))[0];
}

function createdAt({ metadata }: ClusterObject): string {
  return metadata.creationTimestamp ?? '';
}

/** The token that the platform's processes share; undefined until the scaler has made it. @throws PlatformError CLUSTER_FORBIDDEN */
export async function readInternalToken(cluster: Cluster, namespace: string): Promise<string | undefined> {
  const secret = await cluster.get<{ data?: Record<string, string> }>(SECRETS, { namespace, name: INTERNAL_SECRET.name });
  const token = secret?.data?.[INTERNAL_SECRET.key];
  return token === undefined ? undefined : Buffer.from(token, 'base64').toString('utf8');
}

async function toPart(cluster: Cluster, object: ClusterObject): Promise<PlatformPart> {
  const { replicas = 1, template } = object['spec'] as Workload;
  const { readyReplicas = 0 } = (object['status'] ?? {}) as { readyReplicas?: number };
  const verdict = await explainVerdict(cluster, object, judgeReadiness(object));
  return { name: object.metadata.name, ready: readyReplicas, replicas, image: template?.spec?.containers?.[0]?.image ?? '', verdict };
}

/** Undefined for who may not look. */
export async function orForbidden<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'CLUSTER_FORBIDDEN') return undefined;
    throw error;
  }
}

interface Workload {
  readonly replicas?: number;
  readonly template?: { readonly spec?: { readonly containers?: readonly { readonly image?: string }[] } };
}

interface Lease {
  readonly spec?: { readonly holderIdentity?: string };
}

interface RoleBinding {
  readonly subjects?: readonly { readonly kind: string; readonly namespace?: string }[];
}
