import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import { toClusterError } from './cluster-failure.ts';
import { GATEWAY_NAME, INTERNAL_SECRET, PLATFORM_PORTS } from '../../protocol/cluster-names.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { ADMIN_PATHS } from '../../protocol/names.ts';
import type { TriggerResource } from '../../protocol/schema/resources.ts';
import { type Cluster, pathOf } from './cluster.ts';
import type { ResourceType } from './discovery.ts';
import { PODS } from './picture.ts';
import { findSystemNamespace, podsOfPart } from './platform-state.ts';
import { openPortForward, type PortForwardTarget } from './port-forward.ts';

export interface Call {
  readonly namespace: string;
  readonly name: string;
  readonly method: string;
  /** Path and query that the function sees. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From the first byte of the request to the last of the answer. */
  readonly ms: number;
}

/** How a call gets to the function. */
export type Way =
  /** The admin API, as the user or, for who may read it, with the platform's own token. */
  | { readonly kind: 'admin'; readonly authorization: string }
  /** Its HTTP trigger, as any caller inside of the cluster. */
  | { readonly kind: 'route'; readonly path: string; readonly host: string };

const SECRETS: ResourceType = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true };

/** Calls a function through a port-forward to a gateway pod: from outside of the cluster, with a kubeconfig alone. @throws PlatformError */
export async function invokeInCluster(cluster: Cluster, call: Call, triggers: readonly TriggerResource[]): Promise<Reply> {
  const system = await findSystemNamespace(cluster, call.namespace);
  const [pod, authorization] = await Promise.all([findGatewayPod(cluster, system), findAuthorization(cluster, system)]);
  const way = decideWay(call, authorization, triggers, cluster.context);
  const target = { namespace: system, pod, port: way.kind === 'admin' ? PLATFORM_PORTS.gatewayAdmin : PLATFORM_PORTS.gateway };
  const connection = await connect(cluster, target);
  try {
    return await send(connection, call, way);
  } finally {
    connection.destroy();
  }
}

/** The admin API where there is a token for it: the function sees the path as it was given. @throws PlatformError CLUSTER_FORBIDDEN where there is no way */
export function decideWay(
  call: Pick<Call, 'namespace' | 'name' | 'path'>,
  authorization: string | undefined,
  triggers: readonly TriggerResource[],
  context: string,
): Way {
  if (authorization !== undefined) return { kind: 'admin', authorization };
  const http = triggers.find((trigger) => trigger.spec.http !== undefined)?.spec.http;
  if (http)
    return {
      kind: 'route',
      path: `${http.path === '/' ? '' : http.path}${call.path === '/' && http.path !== '/' ? '' : call.path}`,
      host: http.host ?? 'localhost',
    };
  throw new PlatformError(
    'CLUSTER_FORBIDDEN',
    `${call.namespace}/${call.name} has no HTTP trigger, and context ${context} has neither a token for the admin API nor the right to get the Secret ${INTERNAL_SECRET.name}: give the function an HttpTrigger, or use a context whose user has a token`,
  );
}

async function findGatewayPod(cluster: Cluster, system: string): Promise<string> {
  const pods = await podsOfPart(cluster, system, GATEWAY_NAME);
  const isReady = ({ metadata, status }: (typeof pods)[number]) =>
    metadata.deletionTimestamp === undefined && status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
  const ready = pods.find(isReady);
  if (ready) return ready.metadata.name;
  throw new PlatformError('NOT_READY', `none of ${pods.length} gateway pods in ${system} is ready; \`fib status\` says why`);
}

/** The user's own token; else, for who may read it, the platform's. */
async function findAuthorization(cluster: Cluster, system: string): Promise<string | undefined> {
  const { authorization } = await cluster.credentials.current();
  if (authorization !== undefined) return authorization;
  try {
    const secret = await cluster.get<{ data?: Record<string, string> }>(SECRETS, { namespace: system, name: INTERNAL_SECRET.name });
    const token = secret?.data?.[INTERNAL_SECRET.key];
    return token === undefined ? undefined : `Bearer ${Buffer.from(token, 'base64').toString('utf8')}`;
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'CLUSTER_FORBIDDEN') return undefined;
    throw error;
  }
}

/** A WebSocket that is refused does not say why; the same request without it does. */
async function connect(cluster: Cluster, target: PortForwardTarget): Promise<Duplex> {
  try {
    return await openPortForward(cluster.credentials, target);
  } catch (error) {
    const { namespace, pod: name } = target;
    const plain = await cluster.client.request('GET', pathOf(PODS, { namespace, name, subresource: 'portforward' })).catch((reason: unknown) => reason);
    const failure = toClusterError(plain, { verb: 'create', resource: 'pods/portforward', namespace, context: cluster.context });
    throw failure instanceof PlatformError ? failure : error;
  }
}

function send(connection: Duplex, { namespace, name, method, path, headers, body }: Call, way: Way): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const begun = performance.now();
  const request = httpRequest({
    createConnection: () => connection,
    method,
    path: way.kind === 'admin' ? `${ADMIN_PATHS.invoke}/${namespace}/${name}${path}` : way.path,
    headers: {
      host: way.kind === 'admin' ? 'localhost' : way.host,
      connection: 'close',
      ...headers,
      ...(way.kind === 'admin' && { authorization: way.authorization }),
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
    },
  });
  request.on('error', reject);
  request.on('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      const pairs = Object.entries(response.headers).map(([key, value]) => [key, Array.isArray(value) ? value.join(', ') : (value ?? '')]);
      resolve({
        status: response.statusCode ?? 0,
        headers: Object.fromEntries(pairs),
        body: Buffer.concat(chunks).toString('utf8'),
        ms: performance.now() - begun,
      });
    });
  });
  request.end(body);
  return promise;
}
