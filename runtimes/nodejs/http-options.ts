import type { Server, ServerOptions } from 'node:http';
import { rawError } from './refusal.ts';
import { requestIdOf } from './request-id.ts';

/** How long an idle connection stays; clients learn it from the `keep-alive` header and close before. */
export const KEEP_ALIVE_MS = 5000;

export const SERVER_OPTIONS: ServerOptions = {
  joinDuplicateHeaders: true,
  keepAliveTimeout: KEEP_ALIVE_MS,
  headersTimeout: 10_000,
  // A request has its own deadline; an upload may take as long as that.
  requestTimeout: 0,
  connectionsCheckingInterval: 2_000,
};

/** For a server that is handed its connections instead of listening: starts its time limits and answers what is no HTTP with our own error (W5.2). */
export function prepareServer(server: Server): void {
  // Node starts the check of headersTimeout when a server listens, which this one never does.
  server.emit('listening');
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    socket.end(rawError('BAD_REQUEST', 'this is not a well-formed HTTP/1.1 request', requestIdOf(undefined)));
  });
}
