import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ErrorBody, PlatformError } from '../protocol/errors.ts';
import { HEADERS } from '../protocol/names.ts';

/** Answers `{ code, message, requestId }`; what is not an error of the table is INTERNAL. */
export function sendError(request: IncomingMessage, response: ServerResponse, cause: unknown): void {
  const error = cause instanceof PlatformError ? cause : new PlatformError('INTERNAL', (cause as Error).message, { cause });
  const body: ErrorBody = { code: error.code, message: error.message, requestId: randomUUID() };
  request.resume();
  if (response.headersSent) return void response.destroy();
  response.setHeader(HEADERS.error, error.code);
  sendJson(response, error.status, body);
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
