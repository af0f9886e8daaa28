import { GATEWAY_NAME, SCALER_NAME } from '../../protocol/cluster-names.ts';
import type { Cluster } from './cluster.ts';
import type { ResourceType } from './discovery.ts';
import type { LogPod } from './logs.ts';
import { findFunction, listFleetPods, orInContext, PODS } from './picture.ts';
import { findSystemNamespace } from './platform-state.ts';

const DEPLOYMENTS: ResourceType = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true };

/** Finds the pods of one function, or of all. @throws PlatformError FUNCTION_NOT_FOUND */
export async function functionPods(cluster: Cluster, name: string | undefined, namespace: string | undefined): Promise<() => Promise<LogPod[]>> {
  const fn = name === undefined ? undefined : await findFunction(cluster, name, namespace);
  const place = fn?.metadata.namespace ?? namespace;
  const wanted = fn && `${fn.metadata.namespace}/${fn.metadata.name}`;
  return async () => {
    const pods = await orInContext(cluster, place, (where) => listFleetPods(cluster, where));
    return pods
      .filter((pod) => (wanted === undefined ? pod.function !== undefined : pod.function === wanted))
      .map(({ namespace: where, name: pod }) => ({ namespace: where, name: pod }));
  };
}

/** Finds the pods of gateway and scaler. @throws PlatformError PLATFORM_MISSING */
export async function platformPods(cluster: Cluster, functions: string | undefined): Promise<() => Promise<LogPod[]>> {
  const namespace = await findSystemNamespace(cluster, functions);
  return async () => {
    const pods = await Promise.all([GATEWAY_NAME, SCALER_NAME].map((name) => podsOf(cluster, namespace, name)));
    return pods.flat().map(({ metadata: { name } }) => ({ namespace, name }));
  };
}

/** The pods that a Deployment's selector takes. */
export async function podsOf(cluster: Cluster, namespace: string, deployment: string): Promise<Pod[]> {
  const found = await cluster.get<Deployment>(DEPLOYMENTS, { namespace, name: deployment });
  const labels = Object.entries(found?.spec?.selector?.matchLabels ?? {});
  if (labels.length === 0) return [];
  return cluster.list<Pod>(PODS, namespace, { labelSelector: labels.map(([key, value]) => `${key}=${value}`).join(',') });
}

export interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

interface Deployment {
  readonly spec?: { readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> } };
}
