import type { ClusterObject } from './cluster-object.ts';
import { FIELD_MANAGER } from './cluster-object.ts';

/** Other managers than ours that own fields of an object's spec, as the API server notes them (Kubernetes, "Server-Side Apply"). */
export function otherOwnersOfSpec({ metadata }: ClusterObject): string[] {
  const others = (metadata.managedFields ?? []).filter(
    // What goes through a subresource (status, scale) is somebody's task, not a claim on what was declared.
    ({ manager, operation, subresource, fieldsV1 }) =>
      !subresource && fieldsV1?.['f:spec'] !== undefined && !(manager === FIELD_MANAGER && operation === 'Apply'),
  );
  return [...new Set(others.map(({ manager = 'unknown' }) => manager))];
}

/** The labels and annotations that we apply: an apply without them would take them away. */
export function ownMetadata({ metadata }: ClusterObject): { labels?: Record<string, string>; annotations?: Record<string, string> } {
  const own = (metadata.managedFields ?? []).find(({ manager, operation, subresource }) => manager === FIELD_MANAGER && operation === 'Apply' && !subresource);
  const fields = (own?.fieldsV1?.['f:metadata'] ?? {}) as Record<string, Record<string, unknown> | undefined>;
  const pick = (values: Readonly<Record<string, string>> | undefined, owned: Record<string, unknown> | undefined) =>
    Object.fromEntries(Object.entries(values ?? {}).filter(([key]) => owned?.[`f:${key}`] !== undefined));
  const labels = pick(metadata.labels, fields['f:labels']);
  const annotations = pick(metadata.annotations, fields['f:annotations']);
  return { ...(Object.keys(labels).length > 0 && { labels }), ...(Object.keys(annotations).length > 0 && { annotations }) };
}
