import { type IncomingMessage, request as httpRequest, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { HEADER_PREFIX, HEADERS } from '../../protocol/names.ts';
import type { Attempt } from './attempt.ts';
import { addressOf, controllerOf, receive } from './send.ts';

/** A client that asked for another protocol and waits for the answer. */
export interface UpgradingClient {
  readonly socket: Duplex;
  /** The `Upgrade` header's value. */
  readonly protocol: string;
  /** Ends the watch over the waiting client; what it has sent already comes back. */
  takeOver(): Buffer;
}

/** No client has a reason to send much before it is answered. */
const MAX_EARLY_BYTES = 64 * 1024;

/** Notices when the client leaves while it waits, and keeps what it sends early. */
export function keepClient(request: IncomingMessage, socket: Duplex, head: Buffer): UpgradingClient {
  const early = [head];
  let size = head.length;
  const onData = (chunk: Buffer) => {
    early.push(chunk);
    size += chunk.length;
    if (size > MAX_EARLY_BYTES) socket.pause();
  };
  const onEnd = () => socket.destroy();
  socket.on('error', () => socket.destroy());
  socket.on('data', onData).on('end', onEnd);
  return {
    socket,
    protocol: request.headers.upgrade ?? '',
    takeOver() {
      socket.off('data', onData).off('end', onEnd);
      return Buffer.concat(early);
    },
  };
}

/** A response on a connection that Node has handed over, for answers other than 101; the connection ends with it. */
export function responseOn(request: IncomingMessage, socket: Duplex): ServerResponse {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.on('finish', () => socket.end());
  return response;
}

/** Asks the instance for the upgrade. After its 101 the two connections are one; any other answer goes the usual way. */
export function sendUpgrade(attempt: Attempt, headers: string[], client: UpgradingClient): void {
  const { exchange, instance } = attempt;
  const request = httpRequest({
    agent: false,
    ...addressOf(instance),
    method: exchange.head.method,
    path: exchange.head.target,
    headers: [...headers, 'connection', 'upgrade', 'upgrade', client.protocol],
  });
  const controller = controllerOf(request);
  request.on('socket', (socket) => socket.once('connect', () => attempt.onRequestStart(controller)));
  request.on('error', (error) => attempt.onResponseError(controller, error));
  request.on('response', (response) => receive(attempt, controller, request, response));
  request.on('upgrade', (response, upstream, head) => {
    if (attempt.settled) return void upstream.destroy();
    attempt.settled = true;
    exchange.onTunnel();
    exchange.response.detachSocket(client.socket as Socket);
    join(client, upstream, renderSwitch(response, exchange.head.requestId), head);
    exchange.deps.tunnels.add(client.socket);
    client.socket.once('close', () => {
      exchange.deps.tunnels.delete(client.socket);
      exchange.release(attempt);
    });
  });
  request.end();
}

/** Splices two connections: bytes both ways, at the slower one's pace; an end of one side is passed on, and when either is gone both are. */
function join(client: UpgradingClient, upstream: Socket, head: string, firstBytes: Buffer): void {
  const { socket } = client;
  const early = client.takeOver();
  socket.write(head, 'latin1');
  if (firstBytes.length > 0) socket.write(firstBytes);
  if (early.length > 0) upstream.write(early);
  for (const [one, other] of [
    [socket, upstream],
    [upstream, socket],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
    one.pipe(other);
  }
}

function renderSwitch({ rawHeaders, statusMessage }: IncomingMessage, requestId: string): string {
  let head = `HTTP/1.1 101 ${statusMessage ?? 'Switching Protocols'}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    if (name !== HEADERS.requestId && !name.startsWith(HEADER_PREFIX)) head += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`;
  }
  return `${head}${HEADERS.requestId}: ${requestId}\r\n\r\n`;
}
