import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../kit/log.ts';
import { createMetrics } from '../kit/metrics.ts';
import { createHttpServer, serve, type Served } from '../kit/serve.ts';
import { keepHeapSettled } from '../kit/settle-heap.ts';
import type { Store } from '../kit/store/store.ts';
import type { GatewayConfig } from '../protocol/config.ts';
import type { GatewayMessage } from '../protocol/stream.ts';
import { type Filters, NO_FILTERS } from './admission/filters.ts';
import { createAccess, type Reviewer } from './admin/access.ts';
import { createAdminListener } from './admin/admin.ts';
import { answerParserErrors, capConnections } from './boundary/connections.ts';
import { createIds } from './boundary/ids.ts';
import { type Capacity, createCapacity } from './capacity/capacity.ts';
import { createInstanceRegistry, type InstanceRegistry } from './capacity/instance-registry.ts';
import { createColdStarts } from './dispatch/cold-start.ts';
import { createDispatcher, type Dispatcher, type DispatcherDeps } from './dispatch/dispatcher.ts';
import { functionNotFound } from './dispatch/refusals.ts';
import { createReplyHolder } from './dispatch/reply.ts';
import type { FunctionEntry } from './functions/function-entry.ts';
import { createFunctionTable, type FunctionTable } from './functions/function-table.ts';
import { createDemandReporter, type DemandReporter } from './leader/demand.ts';
import { createLeaderLink } from './leader/link.ts';
import { renderMetrics } from './metrics/exposition.ts';
import { addProcessMetrics } from './metrics/process.ts';
import { countRetries } from './metrics/retries.ts';
import { createRouteIndex } from './routes/route-index.ts';

export interface GatewayOptions {
  readonly config: GatewayConfig;
  readonly store: Store;
  readonly log: Log;
  readonly filters?: Filters;
  /** Who else may use the admin API, beside those who have the internal token. */
  readonly reviewer?: Reviewer;
}

export interface Gateway {
  readonly invocations: Served;
  /** Functions with `access: public` alone; absent where no port is set for it. */
  readonly publicInvocations?: Served;
  readonly admin: Served;
  /** Lets requests under way end, then stops everything. Idempotent. */
  close(): Promise<void>;
}

/** A whole gateway. Resolves once it knows its functions and listens; instances come with the leader's stream. */
export async function createGateway({ config, store, log, filters = NO_FILTERS, reviewer }: GatewayOptions): Promise<Gateway> {
  let draining = false;
  const isDraining = () => draining;
  const ids = createIds();
  const metrics = createMetrics();
  const processMetrics = addProcessMetrics(metrics);
  const routes = createRouteIndex<FunctionEntry>();
  const tunnels = new Set<Duplex>();
  const leader = createLeaderLink({ url: config.scalerUrl, token: config.internalToken, log });
  const demand = createDemandReporter((message) => leader.send(message));
  const capacity = createCapacity({ zone: config.zone, demand, leader });
  const table = await createFunctionTable({ store, routes, log, onChange: (entry) => onFunctionChange(entry, capacity) });
  const heap = keepHeapSettled(() => isQuiet(table));
  const registry = createInstanceRegistry({ table, capacity, leader });
  const dispatching: DispatcherDeps = {
    ids,
    routes,
    capacity,
    filters,
    tunnels,
    coldStarts: createColdStarts(metrics),
    holder: createReplyHolder(),
    retries: config.retries === 'on',
    retried: countRetries(metrics),
    suspect: registry.suspect,
    draining: isDraining,
  };
  const dispatcher = createDispatcher(dispatching);
  leader.open({ hello: (epoch) => hello(config, epoch, demand, registry), onMessage: registry.apply });

  // Of one moment: it is rendered in several turns.
  const render = () => renderMetrics([...table.all()], metrics, performance.now());
  const adminListener = createAdminListener({
    access: createAccess(config.internalToken, reviewer),
    logDir: config.logDir,
    world: config.world,
    ids,
    log,
    store,
    table,
    registry,
    leader,
    dispatcher,
    renderMetrics: render,
    draining: isDraining,
  });
  const admin = await serve(createHttpServer(adminListener), { host: config.host, port: config.adminPort, name: 'the admin API' });
  const listen = async (through: Dispatcher, port: number, name: string) => {
    const server = createHttpServer(through.handle, { shouldUpgradeCallback: wantsTunnel, requireHostHeader: false });
    server.on('checkContinue', through.handle);
    server.on('checkExpectation', through.handle);
    server.on('upgrade', through.handleUpgrade);
    capConnections(server, config.connectionsPerAddress);
    answerParserErrors(server, ids);
    return serve(server, { host: config.host, port, name });
  };
  const invocations = await listen(dispatcher, config.port, 'invocations');
  const publicInvocations =
    config.publicPort === 0 ? undefined : await listen(createDispatcher({ ...dispatching, visible: isPublic }), config.publicPort, 'public invocations');

  const close = async () => {
    draining = true;
    heap.close();
    await sleep(config.drainDelayMs);
    for (const socket of tunnels) socket.destroy();
    const graceMs = longestRequestMs(table);
    await Promise.all([invocations.close(graceMs), publicInvocations?.close(graceMs)]);
    await admin.close(longestRequestMs(table));
    await Promise.all([demand.close(), leader.close(), table.close(), registry.close(), processMetrics.close()]);
  };
  let closing: Promise<void> | undefined;
  return { invocations, ...(publicInvocations && { publicInvocations }), admin, close: () => (closing ??= close()) };
}

/** Requests that waited for a Function that is gone are told so; new capacity may serve the others. */
function onFunctionChange(entry: FunctionEntry, capacity: Capacity): void {
  if (entry.resource === undefined) capacity.refuse(entry, functionNotFound(entry.key));
  else capacity.serve(entry);
}

function hello(config: GatewayConfig, epoch: number, demand: DemandReporter, registry: InstanceRegistry): GatewayMessage {
  return {
    type: 'hello',
    gateway: config.gatewayId,
    epoch,
    ...(config.zone !== '' && { zone: config.zone }),
    active: [...demand.active()].map(({ key, line, inFlight }) => ({ function: key, waiting: line.size, inFlight })),
    instances: registry.known(),
  };
}

function isPublic({ resource }: FunctionEntry): boolean {
  return resource?.spec.access === 'public';
}

/** Upgrades to HTTP/2 are offers that a server may ignore (RFC 9113 3.1); everything else is the function's to answer. */
function wantsTunnel({ headers }: IncomingMessage): boolean {
  return headers.upgrade !== undefined && !/^h2c?$/i.test(headers.upgrade);
}

/** A pause after which more of them is likely. */
const QUIET_MS = 10_000;

/** Nobody called or waited for a while: whoever comes next is not kept waiting by a collection, as good as that can be known. */
function isQuiet(table: FunctionTable): boolean {
  const since = performance.now() - QUIET_MS;
  for (const { busy, tally } of table.all()) if (busy || tally.lastUsed > since) return false;
  return true;
}

/** How long a drain may take: the longest that any request under way may. */
function longestRequestMs(table: FunctionTable): number {
  const busy = [...table.all()].filter((entry) => entry.busy);
  return Math.max(1000, ...busy.map(({ limits }) => (limits ? limits.activationTimeoutMs + limits.timeoutMs : 0)));
}
