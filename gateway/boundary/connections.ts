import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { PlatformError } from '../../protocol/errors.ts';
import { sendRawError } from '../answer.ts';
import type { Ids } from './ids.ts';

/** Closes connections of an address that holds `limit` already (0 = no limit), so that one client cannot take all of our memory. */
export function capConnections(server: Server, limit: number): void {
  if (limit === 0) return;
  const held = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = held.get(address) ?? 0;
    if (count >= limit) return void socket.destroy();
    held.set(address, count + 1);
    socket.once('close', () => {
      const left = (held.get(address) ?? 1) - 1;
      if (left === 0) held.delete(address);
      else held.set(address, left);
    });
  });
}

/** Answers what Node's parser refused in our error form, and closes the connection. */
export function answerParserErrors(server: Server, ids: Ids): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const answering = (socket as Socket & { _httpMessage?: unknown })._httpMessage;
    if (error.code === 'ECONNRESET' || !socket.writable || answering) return void socket.destroy();
    sendRawError(socket, toError(error), ids.trace());
  });
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    sendRawError(socket, new PlatformError('METHOD_NOT_ALLOWED', 'CONNECT is not taken: this is no forward proxy'), ids.trace());
  });
}

function toError({ code, message }: NodeJS.ErrnoException): PlatformError {
  if (code === 'HPE_HEADER_OVERFLOW') return new PlatformError('HEADERS_TOO_LARGE', 'the headers are larger than 16 KiB: send less');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new PlatformError('BAD_REQUEST', 'the headers did not arrive in time');
  return new PlatformError('BAD_REQUEST', `the request is not well-formed HTTP/1.1: ${message.slice(0, 120)}`);
}
