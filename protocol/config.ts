/**
 * Environment of each process. A setting is text in the environment; `kit/config.ts` parses it once, reports every problem together, and freezes the result.
 * Any setting `FIB_X` may be given as the path of a file that holds the text, as `FIB_X_FILE`: that is how a mounted Secret gets in.
 */
export const WORLDS = ['local', 'kubernetes'] as const;
/** Where a process runs: as a child on one machine, with watched files, or in a cluster, with its API server. */
export type World = (typeof WORLDS)[number];

interface Common {
  readonly env: string;
  /** The one world in which an empty value is an error; the default is for the others. */
  readonly requiredIn?: World;
  readonly doc: string;
}

export type Setting = Common &
  (
    | { readonly type: 'string'; readonly default?: string }
    | { readonly type: 'integer'; readonly default?: number; readonly min: number; readonly max: number }
    | { readonly type: 'enum'; readonly default?: string; readonly values: readonly string[] }
    /** Comma-separated. */
    | { readonly type: 'list'; readonly default?: readonly string[] }
  );

/** A setting without a default is required in every world; `default: ''` means absent. */
export type ConfigSchema = Readonly<Record<string, Setting>>;

type ValueOf<S extends Setting> = S extends { type: 'integer' }
  ? number
  : S extends { type: 'list' }
    ? readonly string[]
    : S extends { type: 'enum'; values: readonly (infer V)[] }
      ? V
      : string;
export type ConfigOf<S extends ConfigSchema> = { readonly [K in keyof S]: ValueOf<S[K]> };

const common = {
  world: {
    type: 'enum',
    env: 'FIB_WORLD',
    values: WORLDS,
    default: 'local',
    doc: '`local`: watched files and child processes; `kubernetes`: API server and pods.',
  },
  storeDir: { type: 'string', env: 'FIB_STORE_DIR', default: '', requiredIn: 'local', doc: 'Folder of the resources.' },
  namespaces: { type: 'list', env: 'FIB_NAMESPACES', default: [], requiredIn: 'kubernetes', doc: 'Namespaces of functions, comma-separated.' },
  kubeconfig: { type: 'string', env: 'FIB_KUBECONFIG', default: '', doc: 'A kubeconfig for world `kubernetes`; empty = the pod’s own service account.' },
  logLevel: { type: 'enum', env: 'FIB_LOG_LEVEL', values: ['debug', 'info', 'warn', 'error'], default: 'info', doc: 'Least level that is logged.' },
  host: { type: 'string', env: 'FIB_HOST', default: '127.0.0.1', doc: 'Address to bind.' },
} as const satisfies ConfigSchema;

export const gatewayConfig = {
  ...common,
  internalToken: { type: 'string', env: 'FIB_INTERNAL_TOKEN', doc: 'Secret that gateways, scaler and CLI share.' },
  gatewayId: { type: 'string', env: 'FIB_GATEWAY_ID', doc: 'Unique among gateways; in a cluster the pod’s name.' },
  port: { type: 'integer', env: 'FIB_PORT', min: 0, max: 65_535, default: 8080, doc: 'Port for invocations.' },
  publicPort: {
    type: 'integer',
    env: 'FIB_PUBLIC_PORT',
    min: 0,
    max: 65_535,
    default: 0,
    doc: 'Port that serves only functions with `access: public`; 0 = none.',
  },
  adminPort: { type: 'integer', env: 'FIB_ADMIN_PORT', min: 0, max: 65_535, default: 8081, doc: 'Port for admin API, health and metrics.' },
  drainDelayMs: {
    type: 'integer',
    env: 'FIB_DRAIN_DELAY_MS',
    min: 0,
    max: 300_000,
    default: 0,
    doc: 'How long it goes on taking connections when it is to end: until Services lead nobody here any more.',
  },
  scalerUrl: { type: 'string', env: 'FIB_SCALER_URL', doc: 'Base URL of the scaler.' },
  logDir: { type: 'string', env: 'FIB_LOG_DIR', default: '', doc: 'Folder with one log file an instance, for the logs tail.' },
  zone: { type: 'string', env: 'FIB_ZONE', default: '', doc: 'Zone of this gateway; in a cluster, by default that of its node.' },
  node: { type: 'string', env: 'FIB_NODE', default: '', doc: 'Node that this gateway runs on, in a cluster.' },
  connectionsPerAddress: {
    type: 'integer',
    env: 'FIB_CONNECTIONS_PER_ADDRESS',
    min: 0,
    max: 1_000_000,
    default: 4096,
    doc: 'Connections that one client address may hold; 0 = any number (behind an ingress).',
  },
  retries: { type: 'enum', env: 'FIB_RETRIES', values: ['on', 'off'], default: 'on', doc: '`off` only to measure what retries do.' },
} as const satisfies ConfigSchema;

export const scalerConfig = {
  ...common,
  internalToken: {
    type: 'string',
    env: 'FIB_INTERNAL_TOKEN',
    default: '',
    requiredIn: 'local',
    doc: 'Secret that gateways, scaler and CLI share; in a cluster the scaler keeps it in the Secret `fibonacci-internal`.',
  },
  port: { type: 'integer', env: 'FIB_SCALER_PORT', min: 0, max: 65_535, default: 8082, doc: 'Port for streams, webhook, metrics.' },
  stateDir: { type: 'string', env: 'FIB_STATE_DIR', default: '', requiredIn: 'local', doc: 'Folder for instances’ scratch, logs and the epoch.' },
  packageDir: { type: 'string', env: 'FIB_PACKAGE_DIR', default: '', requiredIn: 'local', doc: 'Folder with `<hex>.pkg` files.' },
  runtimesDir: { type: 'string', env: 'FIB_RUNTIMES_DIR', default: '', requiredIn: 'local', doc: 'Folder with `<runtime>/start.json`.' },
  python: { type: 'string', env: 'FIB_PYTHON', default: '', doc: 'Python interpreter, locally; empty = runtime python is off.' },
  goWatcher: { type: 'string', env: 'FIB_GO_WATCHER', default: '', doc: 'The Go watcher, compiled, locally; empty = runtime go is off.' },
  java: { type: 'string', env: 'FIB_JAVA', default: '', doc: 'Program java of a JDK 25 or newer, locally; empty = runtime java is off.' },
  javaWatcher: { type: 'string', env: 'FIB_JAVA_WATCHER', default: '', doc: 'The Java watcher, compiled, locally; empty = runtime java is off.' },
  secretsFile: { type: 'string', env: 'FIB_SECRETS_FILE', default: '', doc: '`.env` file with `<SECRET>__<KEY>=value` lines, locally.' },
  podName: { type: 'string', env: 'FIB_POD_NAME', default: '', requiredIn: 'kubernetes', doc: 'Name of this pod: the holder of the Lease.' },
  podNamespace: {
    type: 'string',
    env: 'FIB_POD_NAMESPACE',
    default: '',
    requiredIn: 'kubernetes',
    doc: 'Namespace of this pod: that of the platform’s own Lease, Secrets and ConfigMaps.',
  },
  podIp: { type: 'string', env: 'FIB_POD_IP', default: '', requiredIn: 'kubernetes', doc: 'Address of this pod, at which gateways reach the leader.' },
  workloadsFile: {
    type: 'string',
    env: 'FIB_WORKLOADS_FILE',
    default: '',
    requiredIn: 'kubernetes',
    doc: 'JSON file that says how pods of functions are made: images, pull secrets.',
  },
  artifactsUrl: { type: 'string', env: 'FIB_ARTIFACTS_URL', default: '', doc: 'Base URL of the artifact service; empty = packages are in ConfigMaps alone.' },
  gatewayUrl: { type: 'string', env: 'FIB_GATEWAY_URL', default: '', doc: 'Admin base URL of a gateway, for timers.' },
  functionsUrl: { type: 'string', env: 'FIB_FUNCTIONS_URL', default: '', doc: 'Base URL of functions’ routes, for their status.' },
  prometheusUrl: { type: 'string', env: 'FIB_PROMETHEUS_URL', default: '', doc: 'Base URL; empty = no scaling by rules.' },
  alertmanagerUrl: { type: 'string', env: 'FIB_ALERTMANAGER_URL', default: '', doc: 'Base URL; empty = no scaling by rules.' },
  demand: {
    type: 'enum',
    env: 'FIB_DEMAND',
    values: ['on', 'off'],
    default: 'on',
    doc: '`off` only to measure scaling by rules alone: the first instance is still asked for.',
  },
  rulesFile: {
    type: 'string',
    env: 'FIB_RULES_FILE',
    default: '',
    doc: 'File that the generated Prometheus rules are written to, locally; in a cluster they go into the object `fibonacci-rules`.',
  },
  rulesObject: {
    type: 'enum',
    env: 'FIB_RULES_OBJECT',
    values: ['ConfigMap', 'PrometheusRule'],
    default: 'ConfigMap',
    doc: 'Kind of that object: what a bundled Prometheus mounts, or what a Prometheus Operator reads.',
  },
} as const satisfies ConfigSchema;

export const artifactsConfig = {
  host: common.host,
  logLevel: common.logLevel,
  port: { type: 'integer', env: 'FIB_ARTIFACTS_PORT', min: 0, max: 65_535, default: 8083, doc: 'Port for packages, health and metrics.' },
  dir: { type: 'string', env: 'FIB_ARTIFACTS_DIR', doc: 'Folder of the packages, on a volume of its own; with a bucket, of those that were asked for last.' },
  internalToken: { type: 'string', env: 'FIB_INTERNAL_TOKEN', default: '', doc: 'Who sends it may write; empty = nobody may.' },
  quotaMib: {
    type: 'integer',
    env: 'FIB_ARTIFACTS_QUOTA_MIB',
    min: 1,
    max: 1_048_576,
    default: 4096,
    doc: 'What the packages in the folder may take, in MiB; less than the volume has.',
  },
  s3Endpoint: {
    type: 'string',
    env: 'FIB_S3_ENDPOINT',
    default: '',
    doc: 'URL of an S3-compatible server that keeps the packages; empty = they are in the folder alone.',
  },
  s3Bucket: { type: 'string', env: 'FIB_S3_BUCKET', default: '', doc: 'Bucket of the packages.' },
  s3Region: { type: 'string', env: 'FIB_S3_REGION', default: 'us-east-1', doc: 'Region that requests to it are signed for.' },
  s3Prefix: { type: 'string', env: 'FIB_S3_PREFIX', default: '', doc: 'What the keys of packages begin with.' },
  s3PathStyle: {
    type: 'enum',
    env: 'FIB_S3_PATH_STYLE',
    values: ['on', 'off'],
    default: 'on',
    doc: '`on`: the bucket is in the path of URLs; `off`: before the host name.',
  },
  s3AccessKeyId: { type: 'string', env: 'FIB_S3_ACCESS_KEY_ID', default: '', doc: 'Key that may get and put the objects of the bucket, and list it.' },
  s3SecretAccessKey: { type: 'string', env: 'FIB_S3_SECRET_ACCESS_KEY', default: '', doc: 'Its secret.' },
} as const satisfies ConfigSchema;

export type GatewayConfig = ConfigOf<typeof gatewayConfig>;
export type ScalerConfig = ConfigOf<typeof scalerConfig>;
export type ArtifactsConfig = ConfigOf<typeof artifactsConfig>;
