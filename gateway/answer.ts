import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type ErrorBody, PlatformError } from '../protocol/errors.ts';
import { HEADERS } from '../protocol/names.ts';

/** Answers that the gateway itself makes: `{ code, message, requestId, …details }`. */
export function sendError(response: ServerResponse, error: PlatformError, requestId: string): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = renderError(error, requestId);
  response.writeHead(error.status, errorHeaders(error, requestId, body));
  response.end(body);
}

/** For connections on which Node could not parse a request. */
export function sendRawError(socket: Socket, error: PlatformError, requestId: string): void {
  const body = renderError(error, requestId);
  const headers = [...errorHeaders(error, requestId, body), 'connection', 'close'];
  let head = `HTTP/1.1 ${error.status} ${error.code}\r\n`;
  for (let index = 0; index < headers.length; index += 2) head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  socket.end(`${head}\r\n${body}`);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), 'cache-control': 'no-store' });
  response.end(body);
}

function renderError(error: PlatformError, requestId: string): string {
  const { retryAfterMs: _header, allow: _list, ...details } = error.details;
  const body: ErrorBody = { ...details, code: error.code, message: error.message, requestId };
  return JSON.stringify(body);
}

function errorHeaders(error: PlatformError, requestId: string, body: string): string[] {
  const headers = [
    'content-type',
    'application/json',
    'content-length',
    String(Buffer.byteLength(body)),
    HEADERS.requestId,
    requestId,
    HEADERS.error,
    error.code,
  ];
  const retryAfterMs = error.details['retryAfterMs'];
  if (error.status === 429 || error.status === 503)
    headers.push(HEADERS.retryAfter, String(typeof retryAfterMs === 'number' ? Math.max(1, Math.ceil(retryAfterMs / 1000)) : 1));
  const allow = error.details['allow'];
  if (Array.isArray(allow)) headers.push('allow', allow.join(', '));
  return headers;
}

/** Anything thrown, as an error of the table. */
export function toPlatformError(error: unknown): PlatformError {
  return error instanceof PlatformError
    ? error
    : new PlatformError('INTERNAL', 'a defect in the gateway; its log has the error under this request id', { cause: error });
}
