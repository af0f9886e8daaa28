import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../../constructs/synth/object.ts';

/** Fields that the API server lets nobody change, by kind (Kubernetes 1.34, `pkg/apis/…/validation`). */
const IMMUTABLE: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec.selector'],
  DaemonSet: ['spec.selector'],
  ReplicaSet: ['spec.selector'],
  Job: ['spec.template', 'spec.selector', 'spec.completionMode', 'spec.manualSelector'],
  Service: ['spec.clusterIP', 'spec.clusterIPs'],
  RoleBinding: ['roleRef'],
  ClusterRoleBinding: ['roleRef'],
  Secret: ['type'],
  StorageClass: ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'],
  PriorityClass: ['value', 'preemptionPolicy'],
  RuntimeClass: ['handler'],
  IngressClass: ['spec.controller'],
  CustomResourceDefinition: ['spec.group', 'spec.scope', 'spec.names.plural', 'spec.names.kind'],
};

/** Of these kinds all of `spec` is immutable but for the fields. */
const MUTABLE: Readonly<Record<string, readonly string[]>> = {
  StatefulSet: ['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds'],
  PersistentVolumeClaim: ['resources', 'volumeAttributesClassName'],
  Pod: ['activeDeadlineSeconds', 'terminationGracePeriodSeconds', 'tolerations'],
};

/** Whether the change is one that the API server takes only as a new object. */
export function isReplaced(before: KubernetesObject, after: KubernetesObject): boolean {
  const differs = (path: string) => !isDeepStrictEqual(at(before, path), at(after, path));
  if (before['immutable'] === true && ['data', 'binaryData', 'stringData', 'immutable'].some(differs)) return true;
  const mutable = MUTABLE[after.kind];
  if (mutable) {
    const fields = new Set([...Object.keys(at(before, 'spec') ?? {}), ...Object.keys(at(after, 'spec') ?? {})]);
    return [...fields].some((field) => !mutable.includes(field) && differs(`spec.${field}`));
  }
  return (IMMUTABLE[after.kind] ?? []).some(differs);
}

function at(object: KubernetesObject, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
}
