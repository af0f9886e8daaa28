import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CONTROL_PATHS, controlStatus, HEADERS } from '../contract.ts';
import type { Instance } from '../instance.ts';
import { renderMetrics } from '../metrics.ts';
import { discardRest } from '../refusal.ts';
import { requestIdOf } from '../request-id.ts';
import { asWatcherError, WatcherError } from '../watcher-error.ts';
import type { Orders } from './orders.ts';

type Measured = Pick<Instance, 'state' | 'available' | 'functionName' | 'stats' | 'report'>;

export interface ControlOptions {
  readonly instance: Measured;
  readonly orders: Orders;
  renderStatus(): Promise<object>;
}

interface Answer {
  readonly status: number;
  readonly body: object | string;
}

type Route = { readonly method: 'GET' | 'POST'; readonly run: (request: IncomingMessage) => Promise<Answer> };

/** The control port (W2). */
export function createControlServer({ instance, orders, renderStatus }: ControlOptions): Server {
  const ok = (body: object | string): Answer => ({ status: 200, body });
  const routes = new Map<string, Route>([
    [CONTROL_PATHS.health, { method: 'GET', run: async () => ok({ status: 'ok' }) }],
    [CONTROL_PATHS.ready, { method: 'GET', run: async () => ({ status: instance.available ? 200 : 503, body: { status: instance.state } }) }],
    [CONTROL_PATHS.status, { method: 'GET', run: async () => ok(await renderStatus()) }],
    [CONTROL_PATHS.metrics, { method: 'GET', run: async () => ok(await metricsOf(instance)) }],
    [CONTROL_PATHS.specialize, { method: 'POST', run: async (request) => ok(await orders.push(request, 'specialize')) }],
    [CONTROL_PATHS.update, { method: 'POST', run: async (request) => ok(await orders.push(request, 'update')) }],
    [CONTROL_PATHS.drain, { method: 'POST', run: async (request) => ok(await orders.drain(request)) }],
  ]);
  const server = createServer({ requestTimeout: 120_000, headersTimeout: 10_000 });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => void handle(routes, request, response));
  return server;
}

async function handle(routes: ReadonlyMap<string, Route>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const requestId = requestIdOf(request.headers[HEADERS.requestId]);
  try {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const route = routes.get(path);
    if (!route) throw new WatcherError('NOT_FOUND', `the control port has nothing at ${path.slice(0, 200)}`);
    if (request.method !== route.method && !(request.method === 'HEAD' && route.method === 'GET')) {
      response.setHeader('allow', route.method);
      throw new WatcherError('METHOD_NOT_ALLOWED', `${path} takes ${route.method}`);
    }
    answer(response, requestId, await route.run(request));
  } catch (thrown) {
    const { code, message, place } = asWatcherError(thrown);
    if (response.headersSent || response.destroyed) return;
    discardRest(request);
    response.setHeader(HEADERS.error, code);
    answer(response, requestId, { status: controlStatus(code), body: { code, message, requestId, ...place } });
  }
}

function answer(response: ServerResponse, requestId: string, { status, body }: Answer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? 'text/plain; version=0.0.4; charset=utf-8' : 'application/json',
    'content-length': Buffer.byteLength(text),
    [HEADERS.requestId]: requestId,
  });
  response.end(text);
}

async function metricsOf(instance: Measured): Promise<string> {
  const { inFlight, cpuSeconds, memoryBytes } = await instance.report();
  return renderMetrics({
    functionName: instance.functionName,
    tally: instance.stats.tally,
    restarts: instance.stats.restarts,
    inFlight,
    cpuSeconds,
    memoryBytes,
  });
}
