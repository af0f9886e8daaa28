import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { PlatformError } from '../../protocol/errors.ts';
import { SCALER_PATHS } from '../../protocol/names.ts';
import { METRICS_CONTENT_TYPE } from '../../kit/metrics.ts';
import { sendError, sendJson } from '../../kit/json-answer.ts';
import { createBearerCheck } from '../../kit/bearer.ts';

export interface ApiDeps {
  readonly internalToken: string;
  acceptStream(request: IncomingMessage, response: ServerResponse): void;
  /** Alertmanager said something: look now. Its words are not used. */
  onAlert(): void;
  metrics(): string;
  targets(): object;
  state(): object;
}

/** What the leader answers. Health, readiness and metrics are open; all else wants the internal token. */
export function createApi(deps: ApiDeps): RequestListener {
  const authorized = createBearerCheck(deps.internalToken);
  const routes: Record<string, { method: 'GET' | 'POST'; open?: boolean; handle(request: IncomingMessage, response: ServerResponse): void }> = {
    [SCALER_PATHS.health]: { method: 'GET', open: true, handle: (_, response) => sendJson(response, 200, { status: 'ok' }) },
    [SCALER_PATHS.ready]: { method: 'GET', open: true, handle: (_, response) => sendJson(response, 200, { status: 'ready' }) },
    [SCALER_PATHS.metrics]: {
      method: 'GET',
      open: true,
      handle: (_, response) => void response.writeHead(200, { 'content-type': METRICS_CONTENT_TYPE }).end(deps.metrics()),
    },
    [SCALER_PATHS.targets]: { method: 'GET', handle: (_, response) => sendJson(response, 200, deps.targets()) },
    [SCALER_PATHS.state]: { method: 'GET', handle: (_, response) => sendJson(response, 200, deps.state()) },
    [SCALER_PATHS.stream]: { method: 'POST', handle: deps.acceptStream },
    [SCALER_PATHS.alerts]: {
      method: 'POST',
      handle(request, response) {
        request.resume();
        deps.onAlert();
        sendJson(response, 200, { status: 'ok' });
      },
    },
  };
  return (request, response) => {
    try {
      const route = routes[(request.url ?? '').split('?')[0] ?? ''];
      if (!route) throw new PlatformError('NOT_FOUND', `the scaler has nothing at ${request.url}`);
      if (request.method !== route.method) throw new PlatformError('METHOD_NOT_ALLOWED', `${request.url} takes ${route.method}, not ${request.method}`);
      if (!route.open && !authorized(request)) throw new PlatformError('TOKEN_INVALID', 'the internal token is missing or wrong: send it as a bearer token');
      route.handle(request, response);
    } catch (error) {
      sendError(request, response, error);
    }
  };
}
