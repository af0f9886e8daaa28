import type { IncomingMessage } from 'node:http';
import { PlatformError } from '../../protocol/errors.ts';
import { HEADERS } from '../../protocol/names.ts';
import { canonicalPath } from './canonical-path.ts';
import { treatHeader } from './header-treatment.ts';
import { type Ids, isRequestId, isTraceparent } from './ids.ts';

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
const LIST_SEPARATOR = /[ \t]*,[ \t]*/;
const AUTHORITY = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?$/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;

/**
 * Reads a request's head in one pass over its raw headers, and refuses what Node's parser lets through but two readers could understand differently.
 * @returns PlatformError BAD_REQUEST or HEADERS_TOO_LARGE where it is refused
 */
export function readRequestHead(request: IncomingMessage, ids: Ids): RequestHead | PlatformError {
  const raw = request.rawHeaders;
  if (raw.length > MAX_HEADERS * 2) return new PlatformError('HEADERS_TOO_LARGE', `${raw.length / 2} headers are more than ${MAX_HEADERS}: send fewer`);
  if (request.httpVersionMajor !== 1 || request.httpVersionMinor > 1) return bad(`HTTP/${request.httpVersion} is not spoken on this port: send HTTP/1.1`);

  const headers: string[] = [];
  let authority: string | undefined;
  let connection: string | undefined;
  let contentLength = -1;
  let chunked = false;
  let expectsContinue = false;
  let requestId = '';
  let traceparent = '';
  let tracestate: string | undefined;
  let forwardedFor = request.socket.remoteAddress ?? 'unknown';
  let forwardedProto = 'http';
  let forwardedHost: string | undefined;

  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string;
    const value = raw[index + 1] as string;
    switch (treatHeader(name)) {
      case 'pass':
        headers.push(name, value);
        break;
      case 'host':
        if (authority !== undefined) return bad('the request has two Host headers: send one');
        authority = value;
        headers.push('host', value);
        break;
      case 'connection':
        connection = connection === undefined ? value : `${connection},${value}`;
        break;
      case 'contentLength':
        contentLength = Number(value);
        break;
      case 'transferEncoding':
        if (request.httpVersionMinor === 0) return bad('Transfer-Encoding does not exist in HTTP/1.0: send HTTP/1.1 or a Content-Length');
        chunked = true;
        break;
      case 'expect':
        expectsContinue = value.toLowerCase() === '100-continue';
        if (!expectsContinue) return bad(`the expectation ${value.slice(0, 40)} is unknown: only 100-continue is`);
        break;
      case 'requestId':
        requestId = value;
        break;
      case 'traceparent':
        traceparent = value;
        break;
      case 'tracestate':
        tracestate = tracestate === undefined ? value : `${tracestate},${value}`;
        break;
      case 'forwardedFor':
        forwardedFor = `${value}, ${forwardedFor}`;
        break;
      case 'forwardedProto':
        forwardedProto = value;
        break;
      case 'forwardedHost':
        forwardedHost = value;
        break;
      case 'drop':
        break;
    }
  }

  if (authority === undefined && request.httpVersionMinor === 1) return bad('the request has no Host header: send one');
  let target = request.url ?? '';
  if (target.charCodeAt(0) !== 0x2f) {
    const absolute = ABSOLUTE.exec(target);
    if (!absolute) return bad('the request target is neither a path nor an absolute URL');
    if (authority !== undefined && absolute[1]?.toLowerCase() !== authority.toLowerCase()) return bad('the host of the request target differs from the Host header');
    target = absolute[2] === '' || absolute[2]?.startsWith('?') ? `/${absolute[2]}` : (absolute[2] as string);
  }
  const query = target.indexOf('?');
  const path = canonicalPath(query < 0 ? target : target.slice(0, query));
  if (path === undefined) return bad('the path is not normalised: it has an empty, "." or ".." segment, an encoded slash, or a malformed percent-encoding');
  if (query >= 0 && !isPlainQuery(target, query)) return bad('the query holds characters that no URL has: percent-encode them');
  if (authority !== undefined && !AUTHORITY.test(authority)) return bad('the Host header is not a host name with an optional port');

  if (connection !== undefined && connection !== 'keep-alive' && connection !== 'close') dropListed(headers, connection);
  if (!isRequestId(requestId)) requestId = ids.trace();
  if (isTraceparent(traceparent)) {
    headers.push(HEADERS.traceparent, traceparent);
    if (tracestate !== undefined) headers.push(HEADERS.tracestate, tracestate);
  } else {
    headers.push(HEADERS.traceparent, `00-${requestId.length === 32 && isHex(requestId) ? requestId : ids.trace()}-${ids.span()}-01`);
  }
  headers.push(HEADERS.requestId, requestId, 'x-forwarded-for', forwardedFor, 'x-forwarded-proto', forwardedProto);
  if (forwardedHost ?? authority) headers.push('x-forwarded-host', (forwardedHost ?? authority) as string);
  return { method: request.method ?? 'GET', target, path, host: hostName(authority), contentLength, chunked, expectsContinue, requestId, headers };
}

function bad(message: string): PlatformError {
  return new PlatformError('BAD_REQUEST', message);
}

/** The Connection header names further hop-by-hop headers (RFC 9110 7.6.1); those that we set or need are not taken from it. */
function dropListed(headers: string[], connection: string): void {
  for (const listed of connection.toLowerCase().split(LIST_SEPARATOR)) {
    if (listed === 'host' || listed === 'authorization') continue;
    for (let index = headers.length - 2; index >= 0; index -= 2) {
      if (headers[index]?.toLowerCase() === listed) headers.splice(index, 2);
    }
  }
}

function isPlainQuery(target: string, from: number): boolean {
  for (let index = from; index < target.length; index++) {
    const code = target.charCodeAt(index);
    if (code <= 0x20 || code >= 0x7f || code === 0x23) return false;
  }
  return true;
}

function isHex(text: string): boolean {
  return /^(?!0{32})[0-9a-f]{32}$/.test(text);
}

function hostName(authority: string | undefined): string {
  if (authority === undefined) return '';
  const colon = authority.charCodeAt(0) === 0x5b ? authority.indexOf(':', authority.indexOf(']')) : authority.indexOf(':');
  const name = (colon < 0 ? authority : authority.slice(0, colon)).toLowerCase();
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
