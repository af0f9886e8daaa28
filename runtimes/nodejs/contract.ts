/**
 * The strings and limits of watcher.md that this watcher shares with the platform. A watcher imports nothing but its language's standard library at run time, so they are repeated here;
 * `test/contract/watcher-constants.test.ts` keeps them equal to `protocol/`.
 */
export const HEADERS = {
  requestId: 'x-request-id',
  traceparent: 'traceparent',
  timeoutMs: 'fibonacci-timeout-ms',
  notStarted: 'fibonacci-not-started',
  error: 'fibonacci-error',
} as const;
export const HEADER_PREFIX = 'fibonacci-';

export const CONTROL_PATHS = {
  health: '/_/health',
  ready: '/_/ready',
  status: '/_/status',
  specialize: '/_/specialize',
  update: '/_/update',
  drain: '/_/drain',
  metrics: '/metrics',
} as const;

export const METRICS = {
  invocations: 'function_watcher_invocations_total',
  duration: 'function_watcher_duration_seconds',
  inFlight: 'function_watcher_in_flight',
  restarts: 'function_watcher_executor_restarts_total',
  cpu: 'function_watcher_cpu_seconds_total',
  memory: 'function_watcher_memory_bytes',
} as const;

/** Those of all languages: a load document may name any (W3.1), loading says which ones Node.js has. */
export const SIGNATURES = ['event', 'fetch', 'asgi', 'wsgi', 'http', 'framework', 'lambda'] as const;

export const TOKEN_ISSUER = 'fibonacci-scaler';
export const MAX_PACKAGE_BYTES = 64 * 1024 * 1024;
export const MAX_PACKAGE_FILES = 10_000;
export const MAX_LOAD_DOCUMENT_BYTES = 1024 * 1024;

/** Status of each error on the data port, and of those that the control port shares with it. */
export const DATA_STATUS = {
  BAD_REQUEST: 400,
  BAD_JSON: 400,
  BAD_CLOUDEVENT: 400,
  TOKEN_INVALID: 401,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  ALREADY_SPECIALIZED: 409,
  STALE_EPOCH: 409,
  STALE_GENERATION: 409,
  BODY_TOO_LARGE: 413,
  PACKAGE_TOO_LARGE: 413,
  INTERNAL: 500,
  UPGRADE_UNSUPPORTED: 501,
  FUNCTION_ERROR: 502,
  FUNCTION_CRASHED: 502,
  FUNCTION_BAD_RESPONSE: 502,
  LOAD_FAILED: 502,
  PACKAGE_INVALID: 502,
  MEMORY_LIMIT: 502,
  NOT_SPECIALIZED: 503,
  DRAINING: 503,
  EXECUTOR_UNAVAILABLE: 503,
  EXECUTOR_RETIRED: 503,
  CONCURRENCY_LIMIT: 503,
  FUNCTION_TIMEOUT: 504,
} as const;

export type WatcherCode = keyof typeof DATA_STATUS;
export type RefusalCode = 'NOT_SPECIALIZED' | 'DRAINING' | 'EXECUTOR_UNAVAILABLE' | 'EXECUTOR_RETIRED' | 'CONCURRENCY_LIMIT';

/** What the control port answers differently: there the caller pushed something that cannot be taken (W3.2, W3.4, W4.3). */
const CONTROL_STATUS: { readonly [code in WatcherCode]?: number } = { LOAD_FAILED: 422, PACKAGE_INVALID: 422, NOT_SPECIALIZED: 409, DRAINING: 409 };

export function controlStatus(code: WatcherCode): number {
  return CONTROL_STATUS[code] ?? DATA_STATUS[code];
}
