import type { KubernetesObject } from '../../constructs/synth/object.ts';

/** An object as the API server holds it. */
export interface ClusterObject extends KubernetesObject {
  readonly metadata: KubernetesObject['metadata'] & {
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly OwnerReference[];
    readonly managedFields?: readonly ManagedFields[];
  };
}

interface OwnerReference {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** Which fields a manager owns (Kubernetes, "Server-Side Apply", Field management). */
export interface ManagedFields {
  readonly manager?: string;
  readonly operation?: 'Apply' | 'Update';
  readonly subresource?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

/** Our name as a field manager. */
export const FIELD_MANAGER = 'fibonacci';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** What people declare of an object: without status and what the API server keeps in metadata. Secrets' values are covered. */
export function declaredPart(object: KubernetesObject): KubernetesObject {
  const { status: _status, ...declared } = object;
  const { managedFields: _m, uid: _u, resourceVersion: _r, generation: _g, creationTimestamp: _c, selfLink: _s, ...metadata } = object.metadata;
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => key !== LAST_APPLIED);
  const { annotations: _a, ...rest } = metadata;
  return { ...declared, metadata: { ...rest, ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }) } };
}
