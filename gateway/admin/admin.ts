import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Log } from '../../kit/log.ts';
import { METRICS_CONTENT_TYPE } from '../../kit/metrics.ts';
import { sendInPieces } from '../../kit/send-in-pieces.ts';
import type { Store } from '../../kit/store/store.ts';
import { PlatformError } from '../../protocol/errors.ts';
import type { World } from '../../protocol/config.ts';
import { ADMIN_PATHS, API_GROUP, functionName, HEADERS, LABELS } from '../../protocol/names.ts';
import { sendError, sendJson, toPlatformError } from '../answer.ts';
import type { Ids } from '../boundary/ids.ts';
import { readRequestHead, type RequestHead } from '../boundary/request-head.ts';
import type { InstanceRegistry } from '../capacity/instance-registry.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import { functionNotFound } from '../dispatch/refusals.ts';
import type { FunctionTable } from '../functions/function-table.ts';
import type { LeaderLink } from '../leader/link.ts';
import type { Access, Caller } from './access.ts';
import { tailLogs } from './log-tail.ts';
import { viewFunctions, viewInstance } from './views.ts';

export interface AdminDeps {
  readonly access: Access;
  /** Empty: no logs here. */
  readonly logDir: string;
  readonly world: World;
  readonly ids: Ids;
  readonly log: Log;
  readonly store: Store;
  readonly table: FunctionTable;
  readonly registry: InstanceRegistry;
  readonly leader: LeaderLink;
  readonly dispatcher: Dispatcher;
  /** Piece by piece. */
  renderMetrics(): Iterable<string>;
  draining(): boolean;
}

const DEFAULT_LOG_LINES = 200;
const MAX_LOG_LINES = 10_000;
/** A reader of logs that is this far behind is let go. */
const MAX_UNREAD_BYTES = 32 * 1024 * 1024;

/** The admin port: health, readiness and metrics for everyone; `/v1/…` for who has a token. */
export function createAdminListener(deps: AdminDeps): RequestListener {
  return (request, response) => {
    const head = readRequestHead(request, deps.ids);
    if (head instanceof PlatformError) return sendError(response, head, deps.ids.trace());
    const answer = async () => {
      if (answerOpen(deps, head, response)) return;
      const caller = await deps.access.identify(request);
      if (head.path.startsWith(`${ADMIN_PATHS.invoke}/`)) return await invoke(deps, caller, head, request, response);
      if (head.method !== 'GET') throw new PlatformError('METHOD_NOT_ALLOWED', `${head.method} is not taken here: use GET`, { details: { allow: ['GET'] } });
      await answerView(deps, caller, head, response);
    };
    answer().catch((thrown: unknown) => {
      const error = toPlatformError(thrown);
      if (error.code === 'INTERNAL') deps.log.error('admin request failed', { err: thrown, requestId: head.requestId });
      sendError(response, error, head.requestId);
    });
  };
}

function answerOpen(deps: AdminDeps, { path }: RequestHead, response: ServerResponse): boolean {
  switch (path) {
    case ADMIN_PATHS.health:
      sendJson(response, 200, { status: 'ok' });
      return true;
    case ADMIN_PATHS.ready:
      answerReady(deps, response);
      return true;
    case ADMIN_PATHS.metrics:
      response.writeHead(200, { 'content-type': METRICS_CONTENT_TYPE });
      sendInPieces(response, deps.renderMetrics()).catch((err: unknown) => {
        deps.log.error('the metrics could not be rendered', { err });
        response.destroy();
      });
      return true;
    default:
      return false;
  }
}

/** Functions are known by now; a leader must have been met once, or there would be no instance. It stays ready when the leader goes away. */
function answerReady({ draining, leader }: AdminDeps, response: ServerResponse): void {
  const status = draining() ? 'draining' : leader.joined ? 'ready' : 'waiting for the scaler';
  sendJson(response, status === 'ready' ? 200 : 503, { status, scaler: leader.connected });
}

async function answerView(deps: AdminDeps, caller: Caller, head: RequestHead, response: ServerResponse): Promise<void> {
  const seen = await visibleNamespaces(deps, caller);
  switch (head.path) {
    case ADMIN_PATHS.functions:
      return sendJson(response, 200, { functions: viewFunctions(deps.table, seen) });
    case ADMIN_PATHS.instances: {
      const { connected, epoch, gateways } = deps.leader;
      const instances = [...deps.registry.all()].filter(({ functionKey }) => seen.has(functionKey.split('/')[0] ?? ''));
      return sendJson(response, 200, { instances: instances.map(viewInstance), scaler: { connected, epoch, gateways } });
    }
    case ADMIN_PATHS.revisions: {
      const revisions = await deps.store.list('Revision');
      return sendJson(response, 200, { revisions: revisions.filter(({ metadata }) => seen.has(metadata.namespace)) });
    }
    case ADMIN_PATHS.logs:
      return answerLogs(deps, head, response);
    default:
      throw new PlatformError('NOT_FOUND', `the admin API has nothing at ${head.path.slice(0, 200)}`);
  }
}

/** Namespaces of functions whose objects the caller may list. @throws PlatformError NOT_ALLOWED where it may list none */
async function visibleNamespaces({ table }: AdminDeps, caller: Caller): Promise<ReadonlySet<string>> {
  const namespaces = [...new Set([...table.all()].map(({ namespace }) => namespace))];
  const allowed = await Promise.all(namespaces.map((namespace) => caller.mayList(namespace)));
  if (namespaces.length > 0 && !allowed.includes(true))
    throw new PlatformError('NOT_ALLOWED', `${caller.name} may list functions.${API_GROUP} in none of the namespaces ${namespaces.join(', ')}`);
  return new Set(namespaces.filter((_, index) => allowed[index]));
}

async function answerLogs({ logDir, world }: AdminDeps, { target }: RequestHead, response: ServerResponse): Promise<void> {
  const query = new URL(target, 'http://admin').searchParams;
  const lines = Number(query.get('lines') ?? DEFAULT_LOG_LINES);
  if (!Number.isInteger(lines) || lines < 0 || lines > MAX_LOG_LINES)
    throw new PlatformError('BAD_REQUEST', `lines=${query.get('lines')} is not a whole number from 0 to ${MAX_LOG_LINES}`);
  if (logDir === '') throw new PlatformError('NOT_FOUND', noLogs(world));
  const stopped = new AbortController();
  response.on('close', () => stopped.abort());
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  response.flushHeaders();
  const options = { dir: logDir, function: query.get('function') ?? undefined, lines, follow: query.get('follow') === '1' };
  const write = (line: string) => {
    response.write(`${line}\n`);
    if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
  };
  await tailLogs(options, write, stopped.signal);
  response.end();
}

function noLogs(world: World): string {
  if (world === 'local') return 'this gateway has no log folder: set FIB_LOG_DIR';
  return `logs are with the pods: use fib logs <function>, or kubectl logs --namespace <namespace> --selector ${LABELS.function}=<function>`;
}

/** `/v1/invoke/<namespace>/<name>/<path…>` through the same dispatcher; the caller's token goes no further, and one for the function has a header of its own. */
async function invoke({ table, dispatcher }: AdminDeps, caller: Caller, head: RequestHead, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const rest = head.target.slice(ADMIN_PATHS.invoke.length + 1);
  const match = /^([^/?]+)\/([^/?]+)(\/[^?]*)?(\?.*)?$/.exec(rest);
  const [namespace = '', name = ''] = [match?.[1], match?.[2]];
  const key = functionName(namespace, name);
  if (!(await caller.mayInvoke(namespace, name)))
    throw new PlatformError('NOT_ALLOWED', `${caller.name} may not create functions/invoke of ${API_GROUP} for ${key}`);
  const entry = table.get(key);
  if (!match || !entry) throw functionNotFound(key);
  const target = `${match[3] ?? '/'}${match[4] ?? ''}`;
  const headers = head.headers.filter((_item, index, all) => all[index - (index % 2)]?.toLowerCase() !== 'authorization');
  const own = request.headers[HEADERS.authorization];
  if (typeof own === 'string') headers.push('authorization', own);
  dispatcher.invoke(entry, { ...head, target, path: match[3] ?? '/', headers }, request, response);
}
