import { setTimeout as sleep } from 'node:timers/promises';
import { request, type ResponseData } from '../undici.ts';
import { createLineReader } from '../lines.ts';
import { createConnections } from './connections.ts';
import type { Credentials } from './credentials.ts';
import { answeredError, KubernetesError, unreachableError } from './error.ts';
import { inClusterCredentials } from './in-cluster.ts';
import { createInFlight } from './in-flight.ts';
import { kubeconfigCredentials } from './kubeconfig.ts';
import { retryDelayMs } from './retry.ts';

export { KubernetesError } from './error.ts';
export { resourcePath } from './path.ts';

export interface KubernetesClientOptions {
  /** Path of a kubeconfig, or several as `$KUBECONFIG` has them; absent = the pod's own service account. */
  readonly kubeconfig?: string;
  /** Context of the kubeconfig. @default the current one */
  readonly context?: string;
  /** The process's environment: `KUBERNETES_SERVICE_HOST` and `_PORT` in a pod; credential plugins inherit it. @default empty */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Longest time for one request, without its retries. @default 30000 */
  readonly timeoutMs?: number;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Content types of a PATCH (Kubernetes, "Update API Objects in Place Using kubectl patch", "Server-Side Apply"). */
export const PATCH_TYPES = {
  apply: 'application/apply-patch+yaml',
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
} as const;

export interface RequestOptions {
  readonly query?: Query;
  readonly body?: unknown;
  /** @default application/json */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** @default that of the client */
  readonly timeoutMs?: number;
}

export interface StreamOptions {
  readonly query?: Query;
  readonly signal?: AbortSignal;
  /** Without a byte for this long the stream breaks; 0 = never. @default 0 */
  readonly silenceMs?: number;
  /** The API server took the request. */
  onOpen?(): void;
}

/** JSON over HTTPS to a Kubernetes API server. */
export interface KubernetesClient {
  /** `https://host:port` of the API server. */
  readonly server: string;
  /** Namespace of the context or of our own pod, where one is known. */
  readonly namespace?: string;
  /** The answer's JSON. 429 and 503 are tried again after their `Retry-After`, within limits. @throws KubernetesError */
  request<T>(method: Method, path: string, options?: RequestOptions): Promise<T>;
  /** One JSON value a line, as a watch sends them; ends when the API server ends it. @throws KubernetesError, SyntaxError for a line that is not JSON */
  stream(path: string, options?: StreamOptions): AsyncIterable<unknown>;
  /** The answer's bytes as they come, as a pod's log sends them. @throws KubernetesError */
  bytes(path: string, options?: StreamOptions): AsyncIterable<Buffer>;
  /** Cuts what runs. */
  close(): Promise<void>;
}

/** Longest line of a stream: etcd takes objects of 1.5 MiB by default. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** Connects with a kubeconfig, or as the pod that this runs in. Nothing is sent before the first request. @throws PlatformError CONFIG_INVALID */
export async function createKubernetesClient(options: KubernetesClientOptions = {}): Promise<KubernetesClient> {
  const { kubeconfig, context, env = {}, timeoutMs = 30_000 } = options;
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  const credentials = kubeconfig
    ? await kubeconfigCredentials({ files: kubeconfig, env, ...(context && { context }) })
    : await inClusterCredentials({ ...(host && { host }), ...(port && { port }) });
  return createClient(credentials, timeoutMs);
}

/** A client with the credentials given. */
export function createClient(credentials: Credentials, timeoutMs: number): KubernetesClient {
  const connections = createConnections();
  const inFlight = createInFlight();

  const send = async (
    method: Method,
    path: string,
    { query, body, contentType = 'application/json', signal, timeoutMs: ownTimeoutMs = timeoutMs }: RequestOptions,
    stream?: StreamOptions,
  ) => {
    const { tls, authorization } = await credentials.current();
    const { requests, streams } = connections.use(tls);
    const response = await request(`${credentials.server}${path}${queryText(query)}`, {
      method,
      dispatcher: stream ? streams : requests,
      headers: {
        accept: stream ? '*/*' : 'application/json',
        ...(authorization && { authorization }),
        ...(body !== undefined && { 'content-type': contentType }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
      headersTimeout: ownTimeoutMs,
      bodyTimeout: stream ? (stream.silenceMs ?? 0) : 0,
    });
    if (response.statusCode < 300) return response.body;
    if (response.statusCode === 401) credentials.refused();
    throw answeredError(`${method} ${path}`, response.statusCode, await response.body.text(), headerOf(response, 'retry-after'));
  };

  const requestOnce = async <T>(method: Method, path: string, options: RequestOptions): Promise<T> => {
    using flight = inFlight.begin({ signal: options.signal, timeoutMs: options.timeoutMs ?? timeoutMs });
    try {
      return (await (await send(method, path, { ...options, signal: flight.signal })).json()) as T;
    } catch (error) {
      options.signal?.throwIfAborted();
      throw unreachableError(`${method} ${credentials.server}${path}`, error);
    }
  };

  async function* bytes(path: string, options: StreamOptions = {}): AsyncGenerator<Buffer> {
    using flight = inFlight.begin({ signal: options.signal });
    try {
      const body = await send('GET', path, { ...(options.query && { query: options.query }), signal: flight.signal }, options);
      options.onOpen?.();
      for await (const chunk of body) yield chunk as Buffer;
    } catch (error) {
      options.signal?.throwIfAborted();
      throw unreachableError(`GET ${credentials.server}${path}`, error);
    }
  }

  return {
    server: credentials.server,
    ...(credentials.namespace && { namespace: credentials.namespace }),
    async request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
      for (let attempt = 1; ; attempt++) {
        try {
          return await requestOnce<T>(method, path, options);
        } catch (error) {
          const delayMs = error instanceof KubernetesError ? retryDelayMs({ attempt, method, ...failureOf(error) }) : undefined;
          if (delayMs === undefined) throw error;
          await sleep(delayMs, undefined, options.signal && { signal: options.signal });
        }
      }
    },
    stream: (path, options) => jsonLines(bytes(path, options), path),
    bytes,
    async close() {
      inFlight.abortAll(new Error('the client was closed'));
      await connections.close();
    },
  };
}

async function* jsonLines(chunks: AsyncIterable<Buffer>, path: string): AsyncGenerator<unknown> {
  let lines: string[] = [];
  let tooLong = false;
  const read = createLineReader({ maxBytes: MAX_LINE_BYTES, onLine: (line) => lines.push(line), onTooLong: () => (tooLong = true) });
  for await (const chunk of chunks) {
    read(chunk);
    const ready = lines;
    lines = [];
    for (const line of ready) yield JSON.parse(line) as unknown;
    if (tooLong) throw new KubernetesError({ status: 0, reason: 'TooLong', message: `GET ${path} sent a line of more than ${MAX_LINE_BYTES} bytes` });
  }
}

function failureOf({ status, retryAfterMs, cause }: KubernetesError) {
  return { status, retryAfterMs, code: (cause as { code?: string } | undefined)?.code };
}

function headerOf({ headers }: ResponseData, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function queryText(query: Query = {}): string {
  const pairs = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)] as [string, string]]));
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}
