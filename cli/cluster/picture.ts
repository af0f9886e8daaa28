import { type PodView, parsePod } from '../../kit/fleet/kubernetes/pods.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { API_VERSION, LABELS, MANAGED_BY } from '../../protocol/names.ts';
import type { FunctionResource, KindName, PodPoolResource, ResourceOf, TriggerResource } from '../../protocol/schema/resources.ts';
import type { Cluster } from './cluster.ts';
import type { ResourceType } from './discovery.ts';

export const PODS: ResourceType = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

/** A pod of the fleet, and whose it is. */
export interface FleetPod extends PodView {
  /** `<namespace>/<name>` of the function that it serves or, cold, will serve. */
  readonly function?: string;
  readonly pool?: string;
}

/** What the cluster says of functions and their pods. */
export interface ClusterPicture {
  readonly functions: readonly FunctionResource[];
  readonly triggers: readonly TriggerResource[];
  readonly pools: readonly PodPoolResource[];
  readonly pods: readonly FleetPod[];
}

/** @param namespace all where absent; for who may not list all, that of the context. @throws PlatformError PLATFORM_MISSING, CLUSTER_FORBIDDEN */
export async function readPicture(cluster: Cluster, namespace: string | undefined): Promise<ClusterPicture> {
  const read = async (place: string | undefined): Promise<ClusterPicture> => {
    const [functions, triggers, pools, pods] = await Promise.all([
      listOwn(cluster, 'Function', place),
      listOwn(cluster, 'Trigger', place),
      listOwn(cluster, 'PodPool', place),
      listFleetPods(cluster, place),
    ]);
    return { functions, triggers, pools, pods };
  };
  return orInContext(cluster, namespace, read);
}

/** All namespaces where none is said, and the context's own for who may not look at all. */
export async function orInContext<T>(cluster: Cluster, namespace: string | undefined, read: (namespace: string | undefined) => Promise<T>): Promise<T> {
  try {
    return await read(namespace);
  } catch (error) {
    if (namespace !== undefined || !(error instanceof PlatformError) || error.code !== 'CLUSTER_FORBIDDEN') throw error;
    return read(cluster.namespace);
  }
}

/** Objects of one of our kinds. @throws PlatformError PLATFORM_MISSING */
export async function listOwn<K extends KindName>(cluster: Cluster, kind: K, namespace: string | undefined, fieldSelector?: string): Promise<ResourceOf<K>[]> {
  const type = await ownType(cluster, kind);
  return cluster.list<ResourceOf<K>>(type, namespace, fieldSelector === undefined ? {} : { fieldSelector });
}

/** @throws PlatformError PLATFORM_MISSING */
export async function ownType(cluster: Cluster, kind: KindName): Promise<ResourceType> {
  const type = await cluster.discovery.find(API_VERSION, kind);
  if (type) return type;
  throw new PlatformError('PLATFORM_MISSING', `the cluster of context ${cluster.context} knows no ${kind} of ${API_VERSION}`);
}

export async function listFleetPods(cluster: Cluster, namespace: string | undefined): Promise<FleetPod[]> {
  const raw = await cluster.list<RawPod>(PODS, namespace, { labelSelector: `${LABELS.managedBy}=${MANAGED_BY}` });
  return raw.map(toFleetPod).filter((pod) => pod !== undefined);
}

/** Undefined where it is none of the fleet's. */
export function toFleetPod(raw: RawPod): FleetPod | undefined {
  const pod = parsePod(raw);
  if (!pod) return undefined;
  const labels = raw.metadata.labels ?? {};
  const name = labels[LABELS.function] ?? labels[LABELS.cold];
  const pool = labels[LABELS.pool];
  return { ...pod, ...(name !== undefined && { function: `${pod.namespace}/${name}` }), ...(pool !== undefined && { pool }) };
}

/** The one function of the name: `hello`, or `shop/hello`. @throws PlatformError FUNCTION_NOT_FOUND */
export async function findFunction(cluster: Cluster, name: string, namespace: string | undefined): Promise<FunctionResource> {
  const [own, place] = name.includes('/') ? [name.split('/')[1] ?? '', name.split('/')[0]] : [name, namespace];
  const found = await orInContext(cluster, place, (where) => listOwn(cluster, 'Function', where, `metadata.name=${own}`));
  if (found.length === 1 && found[0]) return found[0];
  const names = found.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ');
  throw new PlatformError(
    'FUNCTION_NOT_FOUND',
    found.length > 1
      ? `"${name}" could be ${names}: say which`
      : `there is no function "${own}" in ${place === undefined ? `the cluster of context ${cluster.context}` : `namespace ${place} (context ${cluster.context})`}`,
  );
}

interface RawPod {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}
