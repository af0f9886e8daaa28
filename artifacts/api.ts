import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { createBearerCheck } from '../kit/bearer.ts';
import { sendError, sendJson } from '../kit/json-answer.ts';
import type { Log } from '../kit/log.ts';
import { type Family, type Metrics, METRICS_CONTENT_TYPE } from '../kit/metrics.ts';
import { type ErrorCode, PlatformError } from '../protocol/errors.ts';
import { ARTIFACT_PATHS } from '../protocol/names.ts';
import type { Storage } from './storage.ts';
import type { Uploads } from './upload.ts';

export interface ApiDeps {
  readonly storage: Storage;
  readonly uploads: Uploads;
  readonly log: Log;
  readonly token: string;
  readonly metrics: Pick<Metrics, 'render'>;
  /** By method and status. */
  readonly requests: Family;
}

const PACKAGE = new RegExp(`^${ARTIFACT_PATHS.packages}/([0-9a-f]{64})$`);
const METHODS = new Set(['GET', 'HEAD', 'PUT']);
/** What the sender of a request cannot help. */
const STORAGE_PROBLEMS: ReadonlySet<ErrorCode> = new Set(['ARTIFACTS_UNAVAILABLE', 'ARTIFACTS_FULL', 'PACKAGE_INVALID']);
const LINGER_MS = 5_000;

/** Packages by digest. The path is taken as it is written: what is not canonical leads nowhere. */
export function createApi({ storage, uploads, log, token, metrics, requests }: ApiDeps): RequestListener {
  const mayWrite = createBearerCheck(token);
  return (request, response) => {
    const method = request.method ?? '';
    response.once('finish', () => {
      requests.cell({ method: METHODS.has(method) ? method : 'other', code: String(response.statusCode) }).value++;
      linger(request);
    });
    answer({ storage, uploads, mayWrite, metrics }, request, response).catch((error: unknown) => {
      if (!(error instanceof PlatformError)) log.warn('a transfer broke', { method, url: request.url, err: error });
      else if (STORAGE_PROBLEMS.has(error.code)) log.warn('the storage failed', { method, url: request.url, code: error.code, reason: error.message });
      refuse(request, response, error);
    });
  };
}

interface Parts extends Pick<ApiDeps, 'storage' | 'uploads' | 'metrics'> {
  mayWrite(request: IncomingMessage): boolean;
}

async function answer({ storage, uploads, mayWrite, metrics }: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url = '', method = '' } = request;
  const hex = PACKAGE.exec(url)?.[1];
  if (hex !== undefined) {
    if (method === 'GET' || method === 'HEAD') return send(storage, hex, method, response);
    if (method !== 'PUT')
      throw new PlatformError('METHOD_NOT_ALLOWED', `${url} takes GET, HEAD and PUT, not ${method}`, { details: { allow: ['GET', 'HEAD', 'PUT'] } });
    if (!mayWrite(request)) throw new PlatformError('TOKEN_INVALID', 'the internal token is missing or wrong: send it as a bearer token');
    const outcome = await uploads.receive(request, hex, () => request.headers.expect !== undefined && response.writeContinue());
    return sendJson(response, outcome === 'created' ? 201 : 200, { digest: `sha256:${hex}` });
  }
  const open: Record<string, () => void> = {
    [ARTIFACT_PATHS.health]: () => sendJson(response, 200, { status: 'ok' }),
    [ARTIFACT_PATHS.ready]: () => sendJson(response, 200, { status: 'ready' }),
    [ARTIFACT_PATHS.metrics]: () => void response.writeHead(200, { 'content-type': METRICS_CONTENT_TYPE }).end(metrics.render()),
  };
  const handle = Object.hasOwn(open, url) ? open[url] : undefined;
  if (!handle) throw new PlatformError('NOT_FOUND', `the artifact service has nothing at ${url}: packages are at ${ARTIFACT_PATHS.packages}/<64 hex digits>`);
  if (method !== 'GET') throw new PlatformError('METHOD_NOT_ALLOWED', `${url} takes GET, not ${method}`, { details: { allow: ['GET'] } });
  handle();
}

/** What a digest names never changes. */
async function send(storage: Storage, hex: string, method: string, response: ServerResponse): Promise<void> {
  const size = await storage.size(hex);
  if (size === undefined) throw new PlatformError('NOT_FOUND', `there is no package sha256:${hex}: deploy the function again`);
  const headers = { 'content-type': 'application/octet-stream', 'content-length': size, 'cache-control': 'public, max-age=31536000, immutable' };
  if (method === 'HEAD') return void response.writeHead(200, headers).end();
  const file = await storage.open(hex);
  response.writeHead(200, headers);
  await pipeline(file.createReadStream(), response);
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.destroyed || (request.destroyed && !request.complete)) return void response.destroy();
  if (error instanceof PlatformError && error.status === 503) response.setHeader('retry-after', '1');
  const allow = error instanceof PlatformError ? error.details['allow'] : undefined;
  if (Array.isArray(allow)) response.setHeader('allow', allow.join(', '));
  sendError(request, response, error);
}

/** Who was answered before all was sent gets to read that: the rest is read for a while and thrown away. */
function linger(request: IncomingMessage): void {
  if (request.complete) return;
  request.resume();
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  request.once('close', () => clearTimeout(timer));
}
