/** Names of what the platform has in a cluster, as the Platform construct renders it and its processes look for it. */

/** The platform's own namespace, unless the Platform says otherwise. */
export const SYSTEM_NAMESPACE = 'fibonacci-system';

/** The gateway's Deployment, ServiceAccount, and the Service of all functions inside of the cluster: port 80 → 8080. */
export const GATEWAY_NAME = 'fibonacci-gateway';
/** Service of functions with `access: public`: port 80 → 8090. What an Ingress or HTTPRoute leads to. */
export const GATEWAY_PUBLIC_SERVICE = 'fibonacci-gateway-public';
/** Headless Service over all gateway pods, for Prometheus: port 8081. */
export const GATEWAY_PODS_SERVICE = 'fibonacci-gateway-pods';
/** Service of the admin API: port 8081. */
export const GATEWAY_ADMIN_SERVICE = 'fibonacci-gateway-admin';

/** The scaler's Deployment, ServiceAccount, Lease and Service (8082, without a selector: it leads to the leader). */
export const SCALER_NAME = 'fibonacci-scaler';
/** EndpointSlice behind the scaler's Service, written by the leader. */
export const SCALER_ENDPOINTS = 'fibonacci-scaler-leader';

/** StatefulSet and Service (9090). */
export const PROMETHEUS_NAME = 'fibonacci-prometheus';
/** StatefulSet and Service (9093). */
export const ALERTMANAGER_NAME = 'fibonacci-alertmanager';

/** StatefulSet and Service (8083) of packages that are too large for a ConfigMap. */
export const ARTIFACTS_NAME = 'fibonacci-artifacts';

/** Secret with the token that gateways, scaler, Prometheus and Alertmanager share; made by the scaler. */
export const INTERNAL_SECRET = { name: 'fibonacci-internal', key: 'token' } as const;
/** Secret with the private key that signs orders to watchers; made by the scaler. */
export const SIGNING_SECRET = { name: 'fibonacci-signing', key: 'signing-key.pem' } as const;
/** ConfigMap that says how pods of functions are made; see workloads.ts. */
export const WORKLOADS_CONFIG = { name: 'fibonacci-workloads', key: 'workloads.json' } as const;
/** ConfigMap (with the cluster's own Prometheus Operator: PrometheusRule) of the generated rules, written by the leader. */
export const RULES_CONFIG = { name: 'fibonacci-rules', key: 'rules.yaml' } as const;

/** ServiceAccount of functions' pods, in each of their namespaces. It has no rights. */
export const FUNCTION_ACCOUNT = 'fibonacci-function';

/** Role and RoleBinding by which the scaler reads the Secrets that a stack's Functions name. */
export function secretsRole(stack: string): string {
  return `fibonacci-secrets-${stack}`;
}

/** PodDisruptionBudget of the pods that serve a function. */
export function budgetName(fn: string): string {
  return `fibonacci-budget-${fn}`;
}

/** ResourceQuota and LimitRange that a stack states for its namespace. */
export function limitsName(stack: string): string {
  return `fibonacci-limits-${stack}`;
}

/** Ports of the platform's own pods. */
export const PLATFORM_PORTS = {
  gateway: 8080,
  gatewayPublic: 8090,
  gatewayAdmin: 8081,
  scaler: 8082,
  artifacts: 8083,
  prometheus: 9090,
  alertmanager: 9093,
} as const;

/** Well-known labels of Kubernetes on the platform's own objects; `NAME_LABEL` selects pods. */
export const NAME_LABEL = 'app.kubernetes.io/name';
export const PART_OF_LABEL = 'app.kubernetes.io/part-of';
