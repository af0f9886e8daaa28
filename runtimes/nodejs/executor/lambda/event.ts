import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { isJson, mediaType } from '../body.ts';
import { pathOf } from '../event.ts';

/** The request as the converter needs it. */
export interface LambdaRequest {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
  /** Empty: no body. */
  readonly body: Buffer;
  readonly remoteAddress: string;
  readonly arrivedAtMs: number;
  readonly functionName: string;
}

const STAGE = '$default';

/** API Gateway's event for an HTTP API, payload format version 2.0 (W7.7). Plain objects throughout, as parsed JSON has them. */
export function toLambdaEvent(request: LambdaRequest): Record<string, unknown> {
  const mark = request.url.indexOf('?');
  const query = mark < 0 ? '' : request.url.slice(mark + 1);
  const { cookie, ...headers } = request.headers;
  const parameters = joinPairs(new URLSearchParams(query));
  return {
    version: '2.0',
    routeKey: STAGE,
    rawPath: pathOf(mark < 0 ? request.url : request.url.slice(0, mark)),
    rawQueryString: query,
    ...(cookie === undefined ? {} : { cookies: cookie.split(/; ?/) }),
    headers: joinPairs(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    ...(Object.keys(parameters).length === 0 ? {} : { queryStringParameters: parameters }),
    requestContext: contextOf(request),
    ...bodyOf(request),
  };
}

function contextOf({ id, method, url, httpVersion, headers, remoteAddress, arrivedAtMs, functionName }: LambdaRequest): Record<string, unknown> {
  const host = headers.host ?? '';
  const forwarded = String(headers['x-forwarded-for'] ?? '').split(',');
  return {
    accountId: 'anonymous',
    apiId: functionName,
    domainName: host.replace(/:\d*$/, ''),
    domainPrefix: host.split(/[.:]/, 1)[0],
    http: {
      method,
      path: pathOf(url.split('?', 1)[0] ?? '/'),
      protocol: `HTTP/${httpVersion}`,
      // Who connected to the gateway: what stands before it in the list is the client's to write.
      sourceIp: forwarded.at(-1)?.trim() || remoteAddress,
      userAgent: headers['user-agent'] ?? '',
    },
    requestId: id,
    routeKey: STAGE,
    stage: STAGE,
    time: accessLogTime(arrivedAtMs),
    timeEpoch: arrivedAtMs,
  };
}

/** Text where the type says so and the bytes are; else base64. */
function bodyOf({ headers, body }: LambdaRequest): { readonly body?: string; readonly isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const isText = isTextual(mediaType(headers['content-type'])) && isUtf8(body);
  return { body: body.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}

function isTextual(media: string): boolean {
  return (
    media.startsWith('text/') ||
    isJson(media) ||
    media.endsWith('+xml') ||
    ['application/xml', 'application/javascript', 'application/x-www-form-urlencoded'].includes(media)
  );
}

/** Repetitions are joined by commas. `fromEntries` makes own properties of any name. */
function joinPairs(pairs: Iterable<readonly [string, string]>): Record<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of pairs) joined.set(name, joined.has(name) ? `${joined.get(name)},${value}` : value);
  return Object.fromEntries(joined);
}

/** `12/Mar/2026:19:03:58 +0000` */
function accessLogTime(ms: number): string {
  const [, day, month, year, time] = new Date(ms).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}
