import { GATEWAY_NAME, SCALER_NAME } from '../../protocol/cluster-names.ts';
import type { Cluster } from './cluster.ts';
import type { LogPod } from './logs.ts';
import { findFunction, listFleetPods, orInContext } from './picture.ts';
import { findSystemNamespace, podsOfPart } from './platform-state.ts';

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
    const pods = await Promise.all([GATEWAY_NAME, SCALER_NAME].map((name) => podsOfPart(cluster, namespace, name)));
    return pods.flat().map(({ metadata: { name } }) => ({ namespace, name }));
  };
}
