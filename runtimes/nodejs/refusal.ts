import type { IncomingMessage, ServerResponse } from 'node:http';
import { DATA_STATUS, HEADERS, type RefusalCode, type WatcherCode } from './contract.ts';

export const REFUSALS: { readonly [code in RefusalCode]: string } = {
  NOT_SPECIALIZED: 'this instance has no function yet',
  DRAINING: 'this instance is ending',
  EXECUTOR_UNAVAILABLE: 'this instance restarts its executor',
  EXECUTOR_RETIRED: 'this connection belongs to code that was replaced; connect anew',
  CONCURRENCY_LIMIT: 'this instance has as many requests as it takes',
};

/** Refuses a request of which user code has seen nothing, before its body is read (W5.1). */
export function refuse(request: IncomingMessage, response: ServerResponse, requestId: string, code: RefusalCode): void {
  const headers: Record<string, string> = { [HEADERS.notStarted]: '1' };
  if (code !== 'CONCURRENCY_LIMIT') headers['connection'] = 'close';
  answerError(request, response, requestId, code, REFUSALS[code], headers);
}

/** An answer of the watcher's own (W5.2): `{ code, message, requestId }`. The response must not have begun. */
export function answerError(
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  code: WatcherCode,
  message: string,
  headers: Record<string, string> = {},
): void {
  discardRest(request);
  const body = errorBody(code, message, requestId);
  response.writeHead(DATA_STATUS[code], {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    [HEADERS.requestId]: requestId,
    [HEADERS.error]: code,
    ...headers,
  });
  response.end(body);
}

/** The same as bytes, for a connection on which no response object stands. */
export function rawError(code: WatcherCode, message: string, requestId: string, withBody = true): string {
  const body = errorBody(code, message, requestId);
  const head = [
    `HTTP/1.1 ${DATA_STATUS[code]} ${code}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `${HEADERS.requestId}: ${requestId}`,
    `${HEADERS.error}: ${code}`,
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${withBody ? body : ''}`;
}

export function errorBody(code: WatcherCode, message: string, requestId: string): string {
  return JSON.stringify({ code, message, requestId });
}

/** So much is read of a body that nobody wants any more. */
export const DISCARD_BYTES = 4 * 1024 * 1024;
const DISCARD_MS = 2000;

/**
 * Reads on what the client still sends, so that closing does not reset the connection before the client has read our answer; a client that sends on and on is cut.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  let left = DISCARD_BYTES;
  const cut = () => request.socket.destroy();
  const timer = setTimeout(cut, DISCARD_MS);
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) cut();
  });
  request.once('close', () => clearTimeout(timer));
  request.resume();
}
