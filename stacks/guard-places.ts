import type { KubernetesObject } from '../constructs/synth/object.ts';
import { GATEWAY_NAME } from '../protocol/cluster-names.ts';
import { API_GROUP } from '../protocol/names.ts';

/** Which object asks a platform's guard before it is deleted: `first`, what goes before all else of the platform; `crd`, what would take all objects of its kind along. The CRDs are there also where the first `up` of a platform came no further. Pure. */
export function guardPlace({ kind, metadata: { name } }: KubernetesObject): 'first' | 'crd' | undefined {
  if (kind === 'PodDisruptionBudget' && name === GATEWAY_NAME) return 'first';
  return kind === 'CustomResourceDefinition' && name.endsWith(`.${API_GROUP}`) ? 'crd' : undefined;
}
