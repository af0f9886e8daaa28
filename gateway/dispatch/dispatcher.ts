import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { PlatformError } from '../../protocol/errors.ts';
import { runAfterMatch } from '../admission/filters.ts';
import { sendError, toPlatformError } from '../answer.ts';
import type { Ids } from '../boundary/ids.ts';
import { readRequestHead, type RequestHead } from '../boundary/request-head.ts';
import type { FunctionEntry } from '../functions/function-entry.ts';
import type { RouteIndex } from '../routes/route-index.ts';
import { Exchange, type ExchangeDeps } from './exchange.ts';
import { functionNotFound } from './refusals.ts';
import { keepClient, responseOn, type UpgradingClient } from './tunnel.ts';

export interface Dispatcher {
  /** A client's request: boundary, route, function. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** A request that wants another protocol on its connection. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, early: Buffer): void;
  /** Calls a function for a request that was matched already. */
  invoke(entry: FunctionEntry, head: RequestHead, request: IncomingMessage, response: ServerResponse): void;
}

interface Refusal {
  readonly error: PlatformError;
  readonly requestId: string;
}

export interface DispatcherDeps extends ExchangeDeps {
  readonly ids: Ids;
  readonly routes: RouteIndex<FunctionEntry>;
  /** Functions that are as if they were not there. @default none */
  readonly visible?: (entry: FunctionEntry) => boolean;
}

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { ids, routes, filters, visible } = deps;

  const resolve = (request: IncomingMessage): { head: RequestHead; entry: FunctionEntry } | Refusal => {
    const head = readRequestHead(request, ids);
    if (head instanceof PlatformError) return { error: head, requestId: ids.trace() };
    const route = routes.match(head.host, head.path, head.method, visible);
    return route === undefined
      ? { error: unmatched(routes.methodsOf(head.host, head.path, visible), head), requestId: head.requestId }
      : { head, entry: route.target };
  };
  const start = (entry: FunctionEntry, head: RequestHead, request: IncomingMessage, response: ServerResponse, upgrading?: UpgradingClient) => {
    if (entry.limits === undefined) return sendError(response, functionNotFound(entry.key), head.requestId);
    new Exchange(deps, entry, entry.limits, head, request, response, upgrading).start();
  };
  const invoke = (entry: FunctionEntry, head: RequestHead, request: IncomingMessage, response: ServerResponse, upgrading?: UpgradingClient) => {
    if (filters.afterMatch.length === 0) return start(entry, head, request, response, upgrading);
    const refuse = (error: unknown) => sendError(response, toPlatformError(error), head.requestId);
    Promise.resolve(runAfterMatch(filters.afterMatch, entry, head)).then(
      (verdict) => (verdict ? refuse(verdict) : start(entry, head, request, response, upgrading)),
      refuse,
    );
  };
  const handle = (request: IncomingMessage, response: ServerResponse, upgrading?: UpgradingClient) => {
    const resolved = resolve(request);
    if ('error' in resolved) {
      if (resolved.error.code === 'BAD_REQUEST') response.shouldKeepAlive = false;
      return sendError(response, resolved.error, resolved.requestId);
    }
    invoke(resolved.entry, resolved.head, request, response, upgrading);
  };
  return {
    invoke,
    handle: (request, response) => handle(request, response),
    handleUpgrade(request, socket, early) {
      const response = responseOn(request, socket);
      handle(request, response, keepClient(request, socket, early));
    },
  };
}

function unmatched(allow: readonly string[], { path, method }: RequestHead): PlatformError {
  if (allow.length === 0) return new PlatformError('ROUTE_NOT_FOUND', `no HTTP trigger takes ${path.slice(0, 200)}: see the routes with fib ps`);
  return new PlatformError('METHOD_NOT_ALLOWED', `${method} is not taken at ${path.slice(0, 200)}: use ${allow.join(', ')}`, { details: { allow } });
}
