import { API_GROUP } from '../../protocol/names.ts';
import type { KubernetesObject, Phase } from './object.ts';

/** Kinds of Kubernetes itself that stand in no namespace (`kubectl api-resources --namespaced=false`, 1.34). */
const CLUSTER_SCOPED = new Set([
  'Namespace',
  'Node',
  'PersistentVolume',
  'CustomResourceDefinition',
  'APIService',
  'ClusterRole',
  'ClusterRoleBinding',
  'StorageClass',
  'CSIDriver',
  'CSINode',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'VolumeAttachment',
  'VolumeAttributesClass',
  'PriorityClass',
  'RuntimeClass',
  'IngressClass',
  'FlowSchema',
  'PriorityLevelConfiguration',
  'CertificateSigningRequest',
  'ClusterTrustBundle',
  'IPAddress',
  'ServiceCIDR',
  'DeviceClass',
  'ResourceSlice',
]);

const PHASE_OF_KIND: Readonly<Record<string, Phase>> = {
  CustomResourceDefinition: 'crd',
  Namespace: 'namespace',
  ...phase('rbac', ['ServiceAccount', 'Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']),
  ...phase('config', [
    'ConfigMap',
    'Secret',
    'PersistentVolume',
    'PersistentVolumeClaim',
    'StorageClass',
    'PriorityClass',
    'RuntimeClass',
    'IngressClass',
    'LimitRange',
    'ResourceQuota',
    'NetworkPolicy',
  ]),
  ...phase('webhook', [
    'MutatingWebhookConfiguration',
    'ValidatingWebhookConfiguration',
    'MutatingAdmissionPolicyBinding',
    'ValidatingAdmissionPolicyBinding',
    'APIService',
  ]),
};

/** Our kinds in the order that they refer to each other. */
const OWN_KINDS = ['PodPool', 'Function', 'Trigger', 'ScalingRule'];

export function isClusterScoped(object: KubernetesObject): boolean {
  return isKubernetesGroup(groupOf(object)) && CLUSTER_SCOPED.has(object.kind);
}

export function phaseOf(object: KubernetesObject): Phase {
  return isKubernetesGroup(groupOf(object)) ? (PHASE_OF_KIND[object.kind] ?? 'workload') : 'resource';
}

/** `Function/shop/greet`, `Namespace/shop`. */
export function idOf(object: KubernetesObject): string {
  const { name, namespace } = object.metadata;
  return [kindName(object), ...(namespace === undefined ? [] : [namespace]), name].join('/');
}

/** Position of the kind within its phase. */
export function rankOf(object: KubernetesObject): number {
  return groupOf(object) === API_GROUP ? OWN_KINDS.indexOf(object.kind) : OWN_KINDS.length;
}

/** `Function`, `ConfigMap`; of other API groups than Kubernetes' and ours `Service.serving.knative.dev`. */
export function kindName(object: KubernetesObject): string {
  const group = groupOf(object);
  return group === API_GROUP || isKubernetesGroup(group) ? object.kind : `${object.kind}.${group}`;
}

/** The API group; '' for the core group. */
export function groupOf({ apiVersion }: KubernetesObject): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

function isKubernetesGroup(group: string): boolean {
  return !group.includes('.') || group.endsWith('.k8s.io');
}

function phase(name: Phase, kinds: readonly string[]): Record<string, Phase> {
  return Object.fromEntries(kinds.map((kind) => [kind, name]));
}
