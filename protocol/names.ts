/** Every string that two separately deployed parts share, declared once. */

export const API_GROUP = 'fibonacci.dev';
export const API_VERSION = `${API_GROUP}/v1alpha1`;

/** Labels on objects and pods. */
export const LABELS = {
  stack: `${API_GROUP}/stack`,
  function: `${API_GROUP}/function`,
  pool: `${API_GROUP}/pool`,
  template: `${API_GROUP}/template`,
  content: `${API_GROUP}/content`,
  /** Name of the Deployment that a pod is one of; a pod that a function took from a pool has it no more. */
  workload: `${API_GROUP}/workload`,
  /** On what is made for a cold function. `function` is on pods that serve it, and on no other. */
  cold: `${API_GROUP}/cold`,
  /** On pods without a watcher: `container`. */
  runtime: `${API_GROUP}/runtime`,
  /** UID of the Function that a pod serves. */
  functionUid: `${API_GROUP}/function-uid`,
  /** A well-known label of Kubernetes; `MANAGED_BY` on all that the platform makes. */
  managedBy: 'app.kubernetes.io/managed-by',
} as const;
export const MANAGED_BY = 'fibonacci';

/** Labels of nodes: where they stand. */
export const NODE_LABELS = {
  /** A well-known label of Kubernetes. */
  zone: 'topology.kubernetes.io/zone',
  /** Where the platform names no other. */
  rack: `topology.${API_GROUP}/rack`,
} as const;

/** Annotations on pods and Deployments. */
export const ANNOTATIONS = {
  /** JSON of the `InstanceTemplate` that it was made from. */
  instanceTemplate: `${API_GROUP}/instance-template`,
  /** JSON of the `Assignment` of a pod. */
  assignment: `${API_GROUP}/assignment`,
  /** Digest of a Deployment as it was rendered. */
  rendered: `${API_GROUP}/rendered`,
} as const;

/** Ports of a watcher in a pod (watcher.md W1.1). */
export const POD_PORTS = { data: 8080, control: 8081 } as const;

/** Headers between client, gateway and watcher; lower-case. */
export const HEADERS = {
  requestId: 'x-request-id',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
  serverTiming: 'server-timing',
  retryAfter: 'retry-after',
  /** Milliseconds that the watcher may take at the most, gateway → watcher. */
  timeoutMs: 'fibonacci-timeout-ms',
  /** `1` on an answer by which user code has seen nothing of the request. */
  notStarted: 'fibonacci-not-started',
  /** The error's code on every answer that the platform itself makes. */
  error: 'fibonacci-error',
  /** On the admin API, whose `authorization` is the caller's: the one that the function gets. */
  authorization: 'fibonacci-authorization',
} as const;
export const HEADER_PREFIX = 'fibonacci-';

/** Paths of the watcher's control port (see watcher.md). */
export const CONTROL_PATHS = {
  health: '/_/health',
  ready: '/_/ready',
  status: '/_/status',
  specialize: '/_/specialize',
  update: '/_/update',
  drain: '/_/drain',
  metrics: '/metrics',
} as const;

/** Paths of the scaler's own port. */
export const SCALER_PATHS = {
  /** Gateway ↔ leader stream (see stream.ts). */
  stream: '/_/stream',
  /** Alertmanager's webhook. */
  alerts: '/_/alerts',
  /** Prometheus HTTP service discovery of watchers. */
  targets: '/_/targets',
  state: '/_/state',
  health: '/_/health',
  ready: '/_/ready',
  metrics: '/metrics',
} as const;

/** Paths of the gateway's admin port. */
export const ADMIN_PATHS = {
  functions: '/v1/functions',
  instances: '/v1/instances',
  revisions: '/v1/revisions',
  logs: '/v1/logs',
  /** `POST /v1/invoke/<namespace>/<name>/<path…>`: calls a function that may have no HTTP trigger. */
  invoke: '/v1/invoke',
  health: '/_/health',
  ready: '/_/ready',
  metrics: '/metrics',
} as const;

/** Paths of the artifact service. */
export const ARTIFACT_PATHS = {
  /** `/v1/packages/<64 hex digits>`: GET and HEAD for everyone, PUT with the token. */
  packages: '/v1/packages',
  health: '/_/health',
  ready: '/_/ready',
  metrics: '/metrics',
} as const;

export const REVISION_CONTENT_TYPE = 'application/vnd.fibonacci.revision';
export const TIMER_EVENT_TYPE = `${API_GROUP.split('.').reverse().join('.')}.timer.tick`;

/** Metric names. Gateway series are labelled `function_name="<namespace>/<name>"`. */
export const METRICS = {
  /** Counter `{function_name, code, rate}`: `code` is `200` (any success), `4xx`, `5xx` or `504`; `rate` is the function's target rate, or empty. */
  invokeTotal: 'function_invoke_total',
  /** Counter `{function_name}`: seconds from request to the response's last byte. */
  invokeDurationSum: 'function_invoke_duration_seconds_sum',
  /** Gauge `{function_name}`: requests sent to instances and not finished. */
  inFlight: 'function_in_flight',
  /** Gauge `{function_name}`: requests that wait for an instance. */
  waiting: 'function_waiting',
  /** Gauge `{function_name}`, from the scaler's leader: instances that serve or start. */
  serviceCount: 'function_service_count',
  /** Gauge `{function_name}`, from the leader: requests a second that one instance is rated for. */
  targetRate: 'function_target_rate',
  /** Gauge `{function_name}`, from the leader: the concurrency of one instance. */
  targetConcurrency: 'function_target_concurrency',
  /** Gauge `{function_name}`, from the leader: memory limit of one instance. */
  memoryLimit: 'function_memory_limit_bytes',
  /** Gauge `{function_name, window}`, from the leader: the stabilization window in seconds. */
  stabilizationSeconds: 'function_stabilization_seconds',
  /** Gauge `{function_name, rule}`, always 1, from the leader's rules: which rules a function follows. */
  scalingRule: 'function_scaling_rule',
  /** Gauge `{function_name}`, from the leader's rules: `minReplicas`, where it is above 1. */
  minReplicas: 'function_min_replicas',
  /** Counter without labels, from the gateway: seconds on its own clock at the moment of its counts, which may come later than Prometheus thinks. */
  gatewayClock: 'fibonacci_gateway_clock_seconds_total',
  /** Gauge without labels, from the leader: live gateways. */
  gateways: 'fibonacci_gateways',
  /** Gauge `{namespace, pool, state="idle"|"leased"|"starting"}`, from the leader. */
  poolInstances: 'fibonacci_pool_instances',
  /** Counter `{reason}`, from the gateway: tries that it made again; `reason` is `not-started`, `unconnected` or `broken`. */
  retries: 'fibonacci_retries_total',
  /** Histogram `{pool, runtime, phase}`, from the gateway: cold-start phases. */
  coldStart: 'fibonacci_cold_start_seconds',
  /** Counter `{method, code}`, from the artifact service. */
  artifactRequests: 'fibonacci_artifact_requests_total',
  /** Gauge, from the artifact service: bytes of all packages. */
  artifactBytes: 'fibonacci_artifact_bytes',
  /** Gauge, from the artifact service. */
  artifactPackages: 'fibonacci_artifact_packages',
  watcherInvocations: 'function_watcher_invocations_total',
  watcherDuration: 'function_watcher_duration_seconds',
  watcherInFlight: 'function_watcher_in_flight',
  watcherRestarts: 'function_watcher_executor_restarts_total',
  watcherCpu: 'function_watcher_cpu_seconds_total',
  watcherMemory: 'function_watcher_memory_bytes',
  /** Recorded `{function_name, rule}`: replicas that a rule asks for. */
  desiredReplicas: 'function_desired_replicas',
} as const;

/** Alert labels and names that the generated rules and the scaler share. */
export const ALERTS = {
  scaleUp: 'FibonacciScaleUp',
  scaleDown: 'FibonacciScaleDown',
} as const;

/** `<namespace>/<name>`, the value of every `function_name` label. */
export function functionName(namespace: string, name: string): string {
  // Joined, because a template's text is held with the parts that it was made of, and there are many of these.
  return [namespace, name].join('/');
}
