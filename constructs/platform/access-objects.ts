import { GATEWAY_NAME, INTERNAL_SECRET, PROMETHEUS_NAME, RULES_CONFIG, SCALER_ENDPOINTS, SCALER_NAME, SIGNING_SECRET } from '../../protocol/cluster-names.ts';
import { API_GROUP } from '../../protocol/names.ts';
import type { KubernetesObject } from '../synth/object.ts';
import { metadata } from './metadata.ts';
import type { PlatformPlan } from './platform-plan.ts';

/** What gateway and scaler may do at the API server: what their code does and no more. Everything is in Roles of single namespaces, but for kinds that stand in none. */

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

const WATCH = ['list', 'watch'];

/** In each namespace of functions. Revisions are for the admin API. */
const GATEWAY_RULES: readonly Rule[] = [own(['functions', 'triggers'], WATCH), own(['revisions'], ['list'])];

/** In each namespace of functions. Secrets come by the stacks that name them. */
const SCALER_RULES: readonly Rule[] = [
  own(['functions', 'triggers', 'podpools', 'scalingrules'], WATCH),
  own(['functions/status', 'triggers/status', 'podpools/status', 'scalingrules/status'], ['patch']),
  // Created by server-side apply, which asks for both.
  own(['revisions'], ['list', 'create', 'patch', 'delete']),
  { apiGroups: ['apps'], resources: ['deployments'], verbs: [...WATCH, 'create', 'patch', 'delete'] },
  // One is read where somebody else changed it at the same time.
  { apiGroups: [''], resources: ['pods'], verbs: ['get', ...WATCH, 'patch', 'delete'] },
  // Packages, by their names; RBAC knows no prefixes.
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create'] },
];

/** In the platform's own namespace. */
function scalerOwnRules({ monitoring }: PlatformPlan): Rule[] {
  return [
    // What is posted has no name yet as far as access rights go; what is applied has.
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: [SCALER_NAME], verbs: [...WATCH, 'update'] },
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
    { apiGroups: [''], resources: ['secrets'], resourceNames: [INTERNAL_SECRET.name, SIGNING_SECRET.name], verbs: ['get'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], resourceNames: [SCALER_ENDPOINTS], verbs: ['create', 'patch'] },
    ...(monitoring.kind === 'bundled' ? BUNDLED_RULES : OPERATOR_RULES),
  ];
}

const BUNDLED_RULES: readonly Rule[] = [
  { apiGroups: [''], resources: ['configmaps'], resourceNames: [RULES_CONFIG.name], verbs: ['get', 'create', 'patch'] },
  // An annotation, on which the kubelet brings the rules at once.
  { apiGroups: [''], resources: ['pods'], resourceNames: [`${PROMETHEUS_NAME}-0`], verbs: ['patch'] },
];
const OPERATOR_RULES: readonly Rule[] = [
  { apiGroups: ['monitoring.coreos.com'], resources: ['prometheusrules'], resourceNames: [RULES_CONFIG.name], verbs: ['get', 'patch'] },
];

const SCALER_CLUSTER_RULES: readonly Rule[] = [{ apiGroups: [''], resources: ['nodes'], verbs: WATCH }];

/** Whose token a caller of the admin API shows, and what it may do; and the zone of its own node. */
const GATEWAY_CLUSTER_RULES: readonly Rule[] = [
  { apiGroups: [''], resources: ['nodes'], verbs: ['get'] },
  { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
  { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
];

export function accessObjects(plan: PlatformPlan): KubernetesObject[] {
  const namespaces = plan.functionNamespaces.map(({ name }) => name);
  return [
    account(plan, GATEWAY_NAME),
    account(plan, SCALER_NAME),
    ...role(plan, SCALER_NAME, plan.namespace, scalerOwnRules(plan)),
    ...namespaces.flatMap((namespace) => [...role(plan, GATEWAY_NAME, namespace, GATEWAY_RULES), ...role(plan, SCALER_NAME, namespace, SCALER_RULES)]),
    ...clusterRole(plan, GATEWAY_NAME, GATEWAY_CLUSTER_RULES),
    ...clusterRole(plan, SCALER_NAME, SCALER_CLUSTER_RULES),
  ];
}

/** An account whose pods say themselves whether they want its token. */
export function account(plan: PlatformPlan, name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(plan, name, plan.namespace), automountServiceAccountToken: false };
}

function role(plan: PlatformPlan, part: string, namespace: string, rules: readonly Rule[]): KubernetesObject[] {
  return [
    { ...RBAC, kind: 'Role', metadata: metadata(plan, part, namespace), rules },
    { ...RBAC, kind: 'RoleBinding', metadata: metadata(plan, part, namespace), ...bound(plan, 'Role', part, part) },
  ];
}

/** Several platforms in one cluster have ClusterRoles of their own. */
function clusterRole(plan: PlatformPlan, part: string, rules: readonly Rule[]): KubernetesObject[] {
  const name = `${part}.${plan.namespace}`;
  return [
    { ...RBAC, kind: 'ClusterRole', metadata: metadata(plan, name), rules },
    { ...RBAC, kind: 'ClusterRoleBinding', metadata: metadata(plan, name), ...bound(plan, 'ClusterRole', name, part) },
  ];
}

const RBAC = { apiVersion: 'rbac.authorization.k8s.io/v1' } as const;

function bound({ namespace }: PlatformPlan, kind: string, name: string, part: string): object {
  return { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name }, subjects: [{ kind: 'ServiceAccount', name: part, namespace }] };
}

function own(resources: readonly string[], verbs: readonly string[]): Rule {
  return { apiGroups: [API_GROUP], resources, verbs };
}
