import { types } from 'node:util';
import { HEADER_PREFIX, HEADERS } from '../contract.ts';
import { WatcherError } from '../watcher-error.ts';

export type BodyStream = AsyncIterator<unknown> | Iterator<unknown>;

/** What goes to the client; `headers` have lower-case names. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[]>;
  readonly body: string | Uint8Array | BodyStream | null;
}

/**
 * A handler's result as an answer (W6.4).
 * @throws WatcherError FUNCTION_BAD_RESPONSE
 */
export function toAnswer(result: unknown): Answer {
  if (isMap(result)) {
    if ('statusCode' in result && !('next' in result)) return fromStatusMap(result);
    if (isEvent(result)) return fromCloudEvent(result);
  }
  const { body, contentType } = toBody(result);
  return { status: body === null ? 204 : 200, headers: contentType === undefined ? {} : { 'content-type': contentType }, body };
}

/** The body of an answer that is not one of our own making. */
export function isStream(body: Answer['body']): body is BodyStream {
  return body !== null && typeof body === 'object' && !(body instanceof Uint8Array);
}

function toBody(value: unknown): { body: Answer['body']; contentType?: string } {
  if (value === undefined || value === null) return { body: null };
  if (typeof value === 'string') return { body: value, contentType: 'text/plain; charset=utf-8' };
  const bytes = toBytes(value);
  if (bytes) return { body: bytes, contentType: 'application/octet-stream' };
  const stream = toStream(value);
  if (stream) return { body: stream };
  return { body: toJson(value), contentType: 'application/json' };
}

export function toBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return undefined;
}

/** Streams and generators; lists, maps and sets are no streams though they can be iterated. */
function toStream(value: unknown): BodyStream | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || types.isMap(value) || types.isSet(value)) return undefined;
  const candidate = value as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  if (typeof candidate[Symbol.asyncIterator] === 'function') return candidate[Symbol.asyncIterator]?.();
  if (typeof candidate[Symbol.iterator] === 'function') return candidate[Symbol.iterator]?.();
  return undefined;
}

export function toJson(value: unknown): string {
  if (types.isMap(value) || types.isSet(value) || types.isWeakMap(value) || types.isWeakSet(value)) throw bad(`a ${value.constructor.name} is no JSON`);
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw bad(error instanceof Error ? firstLine(error.message) : 'it is no JSON');
  }
  if (text === undefined) throw bad(`a ${typeof value} is no JSON`);
  return text;
}

function fromStatusMap(map: Record<string, unknown>): Answer {
  const { statusCode, headers: given } = map;
  if (!Number.isInteger(statusCode) || (statusCode as number) < 200 || (statusCode as number) > 599) {
    throw bad(`statusCode must be an integer from 200 to 599, not ${describe(statusCode)}`);
  }
  const headers = given === undefined || given === null ? {} : toHeaders(given);
  const { body, contentType } = toBody(map['body']);
  if (contentType !== undefined) headers['content-type'] ??= contentType;
  return { status: statusCode as number, headers, body };
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// Bytes that a field value may hold (RFC 9110, 5.5); beyond Latin-1 there is no agreed encoding.
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Ours: the framing of the message and the id. */
const RESERVED: ReadonlySet<string> = new Set([HEADERS.requestId, 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'upgrade']);

/** Whether a header, in lower case, is the watcher's to set (W5.2). */
export function isReserved(name: string): boolean {
  return RESERVED.has(name) || name.startsWith(HEADER_PREFIX);
}

/**
 * User code's headers as they may be sent: checked, lower-case, without what is the watcher's own (W5.2).
 * @throws WatcherError FUNCTION_BAD_RESPONSE
 */
export function toHeaders(given: unknown): Record<string, string | string[]> {
  if (!isMap(given)) throw bad('headers must be a map');
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!TOKEN.test(name)) throw bad(`${JSON.stringify(name.slice(0, 64))} is no header name`);
    const lower = name.toLowerCase();
    const checked = Array.isArray(value) ? value.map((item) => headerValue(name, item)) : value === undefined || value === null ? [] : headerValue(name, value);
    if (checked.length > 0 || checked === '') if (!isReserved(lower)) headers[lower] = checked;
  }
  return headers;
}

function headerValue(name: string, value: unknown): string {
  if ((typeof value !== 'string' && typeof value !== 'number') || !FIELD_VALUE.test(String(value)))
    throw bad(`the header ${name} must be a string without control characters, a number, or a list of them`);
  return String(value);
}

function isEvent(map: Record<string, unknown>): boolean {
  return ['specversion', 'id', 'source', 'type'].every((name) => typeof map[name] === 'string');
}

/** Binary mode: attributes are `ce-` headers, the data is the body. */
function fromCloudEvent(event: Record<string, unknown>): Answer {
  const { data, datacontenttype, ...attributes } = event;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null) continue;
    if (!/^[a-z0-9]{1,64}$/.test(name) || !['string', 'number', 'boolean'].includes(typeof value))
      throw bad(`${JSON.stringify(name.slice(0, 64))} is no CloudEvents attribute`);
    headers[`ce-${name}`] = encode(String(value));
  }
  const isJsonData = typeof datacontenttype === 'string' && /^application\/([^;]*\+)?json\b/.test(datacontenttype);
  const { body, contentType } = isJsonData && data !== undefined ? { body: toJson(data), contentType: datacontenttype } : toBody(data);
  const type = typeof datacontenttype === 'string' ? headerValue('content-type', datacontenttype) : contentType;
  return { status: body === null ? 204 : 200, headers: type === undefined ? headers : { ...headers, 'content-type': type }, body };
}

function encode(value: string): string {
  return value.replace(/[^\x21\x23\x24\x26-\x7e]+/g, (part) => encodeURIComponent(part.toWellFormed()));
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 32)) : String(value).slice(0, 32);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

export function bad(reason: string): WatcherError {
  return new WatcherError('FUNCTION_BAD_RESPONSE', `the function’s result cannot be sent: ${reason}`);
}
