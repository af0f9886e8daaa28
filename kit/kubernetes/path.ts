export interface ResourcePath {
  /** Absent or empty for the core group. */
  readonly group?: string;
  readonly version: string;
  readonly plural: string;
  /** Absent for cluster-scoped kinds and for all namespaces. */
  readonly namespace?: string;
  readonly name?: string;
  /** `status`, `scale`, `log` … of the named object. */
  readonly subresource?: string;
}

/** `/apis/<group>/<version>/namespaces/<namespace>/<plural>/<name>/<subresource>` (Kubernetes, "API Concepts"). */
export function resourcePath({ group, version, plural, namespace, name, subresource }: ResourcePath): string {
  const parts = [...(namespace ? ['namespaces', namespace] : []), plural, ...(name ? [name, ...(subresource ? [subresource] : [])] : [])];
  return `${group ? `/apis/${group}` : '/api'}/${version}/${parts.map(encodeURIComponent).join('/')}`;
}
