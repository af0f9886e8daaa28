import { createServer, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { HEADERS, type RefusalCode } from './contract.ts';
import { prepareServer, SERVER_OPTIONS } from './http-options.ts';
import { rawError, refuse, REFUSALS } from './refusal.ts';
import { requestIdOf } from './request-id.ts';

/** Answers connections that no executor takes: waits for the request, refuses it, closes. */
export interface RefusalServer {
  take(socket: Socket, code: RefusalCode): void;
  close(): void;
}

export function createRefusalServer(onRefused: () => void): RefusalServer {
  const codes = new WeakMap<Duplex, RefusalCode>();
  const open = new Set<Socket>();
  const server = createServer(SERVER_OPTIONS);
  const codeOf = (socket: Duplex) => codes.get(socket) ?? 'EXECUTOR_UNAVAILABLE';
  const onRequest: RequestListener = (request, response) => {
    onRefused();
    // Each refusal sends the client to a new connection, where it may find an executor. Once the head is written, this changes nothing.
    response.shouldKeepAlive = false;
    refuse(request, response, requestIdOf(request.headers[HEADERS.requestId]), codeOf(request.socket));
  };
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('upgrade', (request, socket) => {
    onRefused();
    const code = codeOf(socket);
    socket.end(rawError(code, REFUSALS[code], requestIdOf(request.headers[HEADERS.requestId])).replace('\r\n', `\r\n${HEADERS.notStarted}: 1\r\n`));
  });
  prepareServer(server);
  return {
    take(socket, code) {
      codes.set(socket, code);
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      server.emit('connection', socket);
      socket.resume();
    },
    close() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}
