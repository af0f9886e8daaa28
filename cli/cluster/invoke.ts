import { adminHeaders } from '../admin-headers.ts';
import { GATEWAY_NAME, INTERNAL_SECRET, PLATFORM_PORTS } from '../../protocol/cluster-names.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { ADMIN_PATHS } from '../../protocol/names.ts';
import type { TriggerResource } from '../../protocol/schema/resources.ts';
import type { Cluster } from './cluster.ts';
import { exchangeOver, type HttpReply } from './http-over.ts';
import { connectPod } from './pod-connection.ts';
import { findSystemNamespace, orForbidden, podsOfPart, readInternalToken } from './platform-state.ts';
import { isReady } from './workload-pods.ts';

export interface Call {
  readonly namespace: string;
  readonly name: string;
  readonly method: string;
  /** Path and query that the function sees. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
}

/** How a call gets to the function. */
export type Way =
  /** The admin API, as the user or, for who may read it, with the platform's own token. */
  | { readonly kind: 'admin'; readonly authorization: string }
  /** Its HTTP trigger, as any caller inside of the cluster. */
  | { readonly kind: 'route'; readonly path: string; readonly host: string };

/** Calls a function through a port-forward to a gateway pod: from outside of the cluster, with a kubeconfig alone. @throws PlatformError */
export async function invokeInCluster(cluster: Cluster, call: Call, triggers: readonly TriggerResource[]): Promise<HttpReply> {
  const system = await findSystemNamespace(cluster, call.namespace);
  const [pod, authorization] = await Promise.all([findGatewayPod(cluster, system), findAuthorization(cluster, system)]);
  const way = decideWay(call, authorization, triggers, cluster.context);
  const target = { namespace: system, pod, port: way.kind === 'admin' ? PLATFORM_PORTS.gatewayAdmin : PLATFORM_PORTS.gateway };
  const { namespace, name, method, path, headers, body } = call;
  const connection = await connectPod(cluster, target);
  if (way.kind === 'route') return exchangeOver(connection, { method, path: way.path, headers: { host: way.host, ...headers }, body });
  const admin = { ...adminHeaders(headers), authorization: way.authorization };
  return exchangeOver(connection, { method, path: `${ADMIN_PATHS.invoke}/${namespace}/${name}${path}`, headers: admin, body });
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
  const ready = pods.find(isReady);
  if (ready) return ready.metadata.name;
  throw new PlatformError('NOT_READY', `none of ${pods.length} gateway pods in ${system} is ready; \`fib status\` says why`);
}

/** The user's own token; else, for who may read it, the platform's. */
async function findAuthorization(cluster: Cluster, system: string): Promise<string | undefined> {
  const { authorization } = await cluster.credentials.current();
  if (authorization !== undefined) return authorization;
  const token = await orForbidden(readInternalToken(cluster, system));
  return token === undefined ? undefined : `Bearer ${token}`;
}
