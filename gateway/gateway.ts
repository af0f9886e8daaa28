import { Agent } from 'node:http';
import type { Log } from '../kit/log.ts';
import { createMetrics } from '../kit/metrics.ts';
import { createHttpServer, serve, type Served } from '../kit/serve.ts';
import type { Store } from '../kit/store/store.ts';
import type { GatewayConfig } from '../protocol/config.ts';
import { type Filters, NO_FILTERS } from './admission/filters.ts';
import { createIds } from './boundary/ids.ts';
import { createCapacity } from './capacity/capacity.ts';
import { createInstanceRegistry } from './capacity/instance-registry.ts';
import { createColdStarts } from './dispatch/cold-start.ts';
import { createDispatcher } from './dispatch/dispatcher.ts';
import { createReplyHolder } from './dispatch/reply.ts';
import type { FunctionEntry } from './functions/function-entry.ts';
import { createFunctionTable } from './functions/function-table.ts';
import { createDemandReporter } from './leader/demand.ts';
import { createLeaderLink } from './leader/link.ts';
import { createRouteIndex } from './routes/route-index.ts';

export interface GatewayOptions {
  readonly config: GatewayConfig;
  readonly store: Store;
  readonly log: Log;
  readonly filters?: Filters;
}

export interface Gateway {
  readonly invocations: Served;
  /** Lets requests under way end, then stops everything. Idempotent. */
  close(): Promise<void>;
}

/** A whole gateway. Resolves once it knows its functions and listens; instances come with the leader's stream. */
export async function createGateway({ config, store, log, filters = NO_FILTERS }: GatewayOptions): Promise<Gateway> {
  let draining = false;
  const metrics = createMetrics();
  const routes = createRouteIndex<FunctionEntry>();
  const leader = createLeaderLink({ url: config.scalerUrl, token: config.internalToken, log });
  const demand = createDemandReporter((message) => leader.send(message));
  const capacity = createCapacity({ zone: config.zone, demand, leader });
  const table = await createFunctionTable({ store, routes, log, onChange: (entry) => capacity.serve(entry) });
  const registry = createInstanceRegistry({ table, capacity, leader });
  const agent = new Agent({ keepAlive: true, timeout: 0 });
  const dispatcher = createDispatcher({
    ids: createIds(),
    routes,
    capacity,
    filters,
    coldStarts: createColdStarts(metrics),
    holder: createReplyHolder(),
    agent,
    retries: config.retries === 'on',
    suspect: registry.suspect,
    draining: () => draining,
  });
  leader.open({
    hello: (epoch) => ({
      type: 'hello',
      gateway: config.gatewayId,
      epoch,
      ...(config.zone !== '' && { zone: config.zone }),
      active: [...demand.active()].map(({ key, line, inFlight }) => ({ function: key, waiting: line.size, inFlight })),
      instances: registry.known(),
    }),
    onMessage: registry.apply,
  });
  const server = createHttpServer(dispatcher.handle);
  server.on('checkContinue', dispatcher.handle);
  const invocations = await serve(server, { host: config.host, port: config.port, name: 'invocations' });
  let closing: Promise<void> | undefined;
  const close = async () => {
    draining = true;
    await invocations.close(30_000);
    await Promise.all([demand.close(), leader.close(), table.close(), registry.close()]);
    agent.destroy();
  };
  return { invocations, close: () => (closing ??= close()) };
}
