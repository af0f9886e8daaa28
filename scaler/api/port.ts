import type { RequestListener } from 'node:http';
import { PlatformError } from '../../protocol/errors.ts';
import { SCALER_PATHS } from '../../protocol/names.ts';
import { createHttpServer, serve } from '../../kit/serve.ts';
import { sendError, sendJson } from '../../kit/json-answer.ts';

/** The scaler's port, open from its start: who only stands by answers that it lives. */
export interface ScalerPort {
  readonly url: string;
  readonly port: number;
  /** It waits to lead, and is ready for that. */
  standBy(): void;
  /** Who leads answers everything. */
  use(listener: RequestListener): void;
  close(): Promise<void>;
}

export async function openScalerPort({ host, port }: { readonly host: string; readonly port: number }): Promise<ScalerPort> {
  let standing = false;
  let listener: RequestListener = (request, response) => {
    if (request.url === SCALER_PATHS.health) return sendJson(response, 200, { status: 'ok' });
    if (request.url === SCALER_PATHS.ready) return sendJson(response, standing ? 200 : 503, { status: standing ? 'standby' : 'starting' });
    // A Service may lead here for a moment; who kept the connection would stay, however long another leads.
    response.shouldKeepAlive = false;
    sendError(request, response, new PlatformError('SCALER_UNAVAILABLE', 'this scaler does not lead: ask the one that does'));
  };
  const served = await serve(
    createHttpServer((request, response) => listener(request, response)),
    { host, port, name: 'scaler' },
  );
  return {
    url: served.url,
    port: served.port,
    standBy() {
      standing = true;
    },
    use(next) {
      listener = next;
    },
    close: () => served.close(),
  };
}
