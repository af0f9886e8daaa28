/**
 * Environment of each process. A setting is text in the environment; `kit/config.ts` parses it once, reports every problem together, and freezes the result.
 */
export type Setting =
  | { readonly type: 'string'; readonly env: string; readonly default?: string; readonly doc: string }
  | { readonly type: 'integer'; readonly env: string; readonly default?: number; readonly min: number; readonly max: number; readonly doc: string }
  | { readonly type: 'enum'; readonly env: string; readonly default?: string; readonly values: readonly string[]; readonly doc: string };

/** A setting without a default is required; `default: ''` means absent. */
export type ConfigSchema = Readonly<Record<string, Setting>>;

type ValueOf<S extends Setting> = S extends { type: 'integer' } ? number : S extends { type: 'enum'; values: readonly (infer V)[] } ? V : string;
export type ConfigOf<S extends ConfigSchema> = { readonly [K in keyof S]: ValueOf<S[K]> };

const common = {
  /** Folder of the watched files that hold the resources. */
  storeDir: { type: 'string', env: 'FIB_STORE_DIR', doc: 'Folder of the resources.' },
  internalToken: { type: 'string', env: 'FIB_INTERNAL_TOKEN', doc: 'Secret that gateways, scaler and CLI share.' },
  logLevel: { type: 'enum', env: 'FIB_LOG_LEVEL', values: ['debug', 'info', 'warn', 'error'], default: 'info', doc: 'Least level that is logged.' },
  host: { type: 'string', env: 'FIB_HOST', default: '127.0.0.1', doc: 'Address to bind.' },
} as const satisfies ConfigSchema;

export const gatewayConfig = {
  ...common,
  gatewayId: { type: 'string', env: 'FIB_GATEWAY_ID', doc: 'Unique among gateways.' },
  port: { type: 'integer', env: 'FIB_PORT', min: 0, max: 65_535, default: 8080, doc: 'Port for invocations.' },
  adminPort: { type: 'integer', env: 'FIB_ADMIN_PORT', min: 0, max: 65_535, default: 8081, doc: 'Port for admin API, health and metrics.' },
  scalerUrl: { type: 'string', env: 'FIB_SCALER_URL', doc: 'Base URL of the scaler.' },
  logDir: { type: 'string', env: 'FIB_LOG_DIR', default: '', doc: 'Folder with one log file an instance, for the logs tail.' },
  zone: { type: 'string', env: 'FIB_ZONE', default: '', doc: 'Zone of this gateway.' },
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
  port: { type: 'integer', env: 'FIB_SCALER_PORT', min: 0, max: 65_535, default: 8082, doc: 'Port for streams, webhook, metrics.' },
  stateDir: { type: 'string', env: 'FIB_STATE_DIR', doc: 'Folder for instances’ scratch, logs and the epoch.' },
  packageDir: { type: 'string', env: 'FIB_PACKAGE_DIR', doc: 'Folder with `<hex>.pkg` files.' },
  runtimesDir: { type: 'string', env: 'FIB_RUNTIMES_DIR', doc: 'Folder with `<runtime>/start.json`.' },
  python: { type: 'string', env: 'FIB_PYTHON', default: '', doc: 'Python interpreter; empty = runtime python is off.' },
  secretsFile: { type: 'string', env: 'FIB_SECRETS_FILE', default: '', doc: '`.env` file with `<SECRET>__<KEY>=value` lines.' },
  gatewayUrl: { type: 'string', env: 'FIB_GATEWAY_URL', default: '', doc: 'Admin base URL of a gateway, for timers.' },
  prometheusUrl: { type: 'string', env: 'FIB_PROMETHEUS_URL', default: '', doc: 'Base URL; empty = no scaling by rules.' },
  alertmanagerUrl: { type: 'string', env: 'FIB_ALERTMANAGER_URL', default: '', doc: 'Base URL; empty = no scaling by rules.' },
  demand: {
    type: 'enum',
    env: 'FIB_DEMAND',
    values: ['on', 'off'],
    default: 'on',
    doc: '`off` only to measure scaling by rules alone: the first instance is still asked for.',
  },
  rulesFile: { type: 'string', env: 'FIB_RULES_FILE', default: '', doc: 'File that the generated Prometheus rules are written to.' },
} as const satisfies ConfigSchema;

export type GatewayConfig = ConfigOf<typeof gatewayConfig>;
export type ScalerConfig = ConfigOf<typeof scalerConfig>;
