import { INTERNAL_SECRET, RULES_CONFIG, SCALER_ENDPOINTS, SCALER_NAME, SIGNING_SECRET } from '../../protocol/cluster-names.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterObject } from './cluster-object.ts';
import type { GroupKind } from './discovery.ts';

/** What the scaler itself makes in the platform's namespace; it bears no stack's label. */
const MADE_BY_SCALER: readonly (readonly [GroupKind, string])[] = [
  ['Lease.coordination.k8s.io', SCALER_NAME],
  ['EndpointSlice.discovery.k8s.io', SCALER_ENDPOINTS],
  ['ConfigMap', RULES_CONFIG.name],
  ['Secret', INTERNAL_SECRET.name],
  ['Secret', SIGNING_SECRET.name],
];

/** What a platform that is removed has made while it ran. @param owned what is about to be deleted */
export async function findLeftovers(cluster: Cluster, owned: readonly ClusterObject[]): Promise<ClusterObject[]> {
  const scalers = owned.filter(({ kind, metadata }) => kind === 'Deployment' && metadata.name === SCALER_NAME);
  const found = scalers.flatMap(({ metadata: { namespace } }) =>
    MADE_BY_SCALER.map(async ([groupKind, name]) => {
      const type = await cluster.discovery.findGroupKind(groupKind);
      return type && cluster.get(type, { namespace, name });
    }),
  );
  return (await Promise.all(found)).filter((object) => object !== undefined);
}
