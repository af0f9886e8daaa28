import type { IncomingHttpHeaders } from 'node:http';
import { convertBody } from './body.ts';
import { isCloudEvent, toCloudEvent } from './cloudevent.ts';

/** The request as the converter needs it. */
export interface RawRequest {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Empty: no body. */
  readonly body: Buffer;
}

/**
 * The first argument of a handler with signature `event` (W6.1 to W6.3).
 * @throws WatcherError BAD_JSON, BAD_CLOUDEVENT
 */
export function toEvent(request: RawRequest): unknown {
  if (isCloudEvent(request.headers)) return toCloudEvent(request.headers, request.body);
  const mark = request.url.indexOf('?');
  return {
    type: 'http',
    id: request.id,
    method: request.method,
    path: pathOf(mark < 0 ? request.url : request.url.slice(0, mark)),
    query: mark < 0 ? {} : parseQuery(request.url.slice(mark + 1)),
    headers: joinLists(request.headers),
    body: convertBody(request.headers['content-type'], request.body),
  };
}

/** A name that comes once maps to a string, else to a list. */
export function parseQuery(text: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of new URLSearchParams(text)) {
    const before = query[name];
    if (before === undefined) query[name] = value;
    else if (typeof before === 'string') query[name] = [before, value];
    else before.push(value);
  }
  return query;
}

/** An absolute-form target (`GET http://host/path`) has its path behind the authority. */
export function pathOf(target: string): string {
  if (target.startsWith('/') || target === '*') return target;
  return /^[a-z][a-z0-9+.-]*:\/\/[^/]*(\/.*)?$/i.exec(target)?.[1] ?? '/';
}

/** Node joins every repeated header but `set-cookie`. */
function joinLists(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  if (headers['set-cookie'] === undefined) return headers;
  return { ...headers, 'set-cookie': headers['set-cookie'].join(', ') } as unknown as IncomingHttpHeaders;
}
