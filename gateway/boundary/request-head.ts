import type { IncomingMessage } from 'node:http';
import { PlatformError } from '../../protocol/errors.ts';
import { canonicalPath } from './canonical-path.ts';
import { HeaderScan } from './header-scan.ts';
import type { Ids } from './ids.ts';

/** What the gateway knows of a request before it routes. */
export interface RequestHead {
  readonly method: string;
  /** Path and query as received: what the function gets. */
  readonly target: string;
  /** What routing decides on. */
  readonly path: string;
  /** Host name, lower-case, without port; empty where HTTP/1.0 sent none. */
  readonly host: string;
  /** -1: none given. */
  readonly contentLength: number;
  readonly chunked: boolean;
  readonly expectsContinue: boolean;
  readonly requestId: string;
  /** What goes to the instance, name and value in turn: end-to-end headers, `x-request-id`, trace context, `x-forwarded-*`. */
  readonly headers: string[];
}

export const MAX_HEADERS = 100;
const AUTHORITY = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?$/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;

/**
 * Reads a request's head, and refuses what Node's parser lets through but two readers could understand differently.
 * @returns PlatformError BAD_REQUEST or HEADERS_TOO_LARGE where it is refused
 */
export function readRequestHead(request: IncomingMessage, ids: Ids): RequestHead | PlatformError {
  const { rawHeaders, httpVersionMajor, httpVersionMinor } = request;
  if (rawHeaders.length > MAX_HEADERS * 2)
    return new PlatformError('HEADERS_TOO_LARGE', `${rawHeaders.length / 2} headers are more than ${MAX_HEADERS}: send fewer`);
  if (httpVersionMajor !== 1 || httpVersionMinor > 1) return bad(`HTTP/${request.httpVersion} is not spoken on this port: send HTTP/1.1`);

  const scan = new HeaderScan(rawHeaders, httpVersionMinor, request.socket.remoteAddress ?? 'unknown');
  const { authority } = scan;
  if (scan.problem !== undefined) return bad(scan.problem);
  if (authority !== undefined && !AUTHORITY.test(authority)) return bad('the Host header is not a host name with an optional port');

  const target = originForm(request.url ?? '', authority);
  if (target === undefined) return bad('the request target is neither a path nor an absolute URL whose host is that of the Host header');
  const query = target.indexOf('?');
  const path = canonicalPath(query < 0 ? target : target.slice(0, query));
  if (path === undefined) return bad('the path is not normalised: it has an empty, "." or ".." segment, an encoded slash, or a malformed percent-encoding');
  if (query >= 0 && !isPlainQuery(target, query)) return bad('the query holds characters that no URL has: percent-encode them');

  scan.complete(ids);
  const { contentLength, chunked, expectsContinue, requestId, headers } = scan;
  return { method: request.method ?? 'GET', target, path, host: hostName(authority), contentLength, chunked, expectsContinue, requestId, headers };
}

function bad(message: string): PlatformError {
  return new PlatformError('BAD_REQUEST', message);
}

/** Path and query of a target in origin form or absolute form (RFC 9112 3.2). */
function originForm(url: string, authority: string | undefined): string | undefined {
  if (url.charCodeAt(0) === 0x2f) return url;
  const absolute = ABSOLUTE.exec(url);
  if (!absolute || (authority !== undefined && absolute[1]?.toLowerCase() !== authority.toLowerCase())) return undefined;
  const rest = absolute[2] ?? '';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function isPlainQuery(target: string, from: number): boolean {
  for (let index = from; index < target.length; index++) {
    const code = target.charCodeAt(index);
    if (code <= 0x20 || code >= 0x7f || code === 0x23) return false;
  }
  return true;
}

function hostName(authority: string | undefined): string {
  if (authority === undefined) return '';
  const colon = authority.charCodeAt(0) === 0x5b ? authority.indexOf(':', authority.indexOf(']')) : authority.indexOf(':');
  const name = (colon < 0 ? authority : authority.slice(0, colon)).toLowerCase();
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
