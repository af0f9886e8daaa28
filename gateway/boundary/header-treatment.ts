import { HEADER_PREFIX, HEADERS } from '../../protocol/names.ts';

/** What becomes of a request's header on its way to the instance: it passes, it is dropped (hop-by-hop, RFC 9110 7.6.1, or ours alone), or it is looked at. */
export type HeaderTreatment =
  | 'pass'
  | 'drop'
  | 'host'
  | 'connection'
  | 'contentLength'
  | 'transferEncoding'
  | 'expect'
  /** Request id, trace context, x-forwarded-*. */
  | 'context';

const NAMED: Readonly<Record<string, HeaderTreatment>> = {
  host: 'host',
  connection: 'connection',
  'content-length': 'contentLength',
  'transfer-encoding': 'transferEncoding',
  expect: 'expect',
  [HEADERS.requestId]: 'context',
  [HEADERS.traceparent]: 'context',
  [HEADERS.tracestate]: 'context',
  'x-forwarded-for': 'context',
  'x-forwarded-proto': 'context',
  'x-forwarded-host': 'context',
  'keep-alive': 'drop',
  'proxy-connection': 'drop',
  'proxy-authorization': 'drop',
  te: 'drop',
  trailer: 'drop',
  upgrade: 'drop',
  'http2-settings': 'drop',
};
const COMMON = ['accept', 'accept-encoding', 'accept-language', 'authorization', 'cache-control', 'content-type', 'cookie', 'origin', 'referer', 'user-agent'];

/** By lower-case and by usual spelling, so that most names need no conversion. */
const BY_SPELLING: ReadonlyMap<string, HeaderTreatment> = new Map(
  [...Object.entries(NAMED), ...COMMON.map((name) => [name, 'pass'] as const)].flatMap(([name, treatment]) => [
    [name, treatment] as const,
    [name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()), treatment] as const,
  ]),
);

export function treatHeader(name: string): HeaderTreatment {
  return BY_SPELLING.get(name) ?? treatRareHeader(name.toLowerCase());
}

function treatRareHeader(lower: string): HeaderTreatment {
  return BY_SPELLING.get(lower) ?? (lower.startsWith(HEADER_PREFIX) ? 'drop' : 'pass');
}
