import type { IncomingHttpHeaders } from 'node:http';
import { WatcherError } from '../watcher-error.ts';
import { convertBody, mediaType, parseJson } from './body.ts';

const STRUCTURED = 'application/cloudevents+json';

/** Whether the request claims to be a CloudEvent in binary or structured mode (CloudEvents HTTP binding 1.0, 3.1 and 3.2). */
export function isCloudEvent(headers: IncomingHttpHeaders): boolean {
  return headers['ce-specversion'] !== undefined || mediaType(headers['content-type']) === STRUCTURED;
}

/**
 * The event with its attributes at the first level and `data` converted as bodies are (W6.3).
 * @throws WatcherError BAD_CLOUDEVENT, BAD_JSON
 */
export function toCloudEvent(headers: IncomingHttpHeaders, body: Buffer): Record<string, unknown> {
  const structured = mediaType(headers['content-type']) === STRUCTURED;
  return checked(structured ? fromStructured(body) : fromBinary(headers, body));
}

function fromBinary(headers: IncomingHttpHeaders, body: Buffer): Record<string, unknown> {
  const event: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('ce-') && typeof value === 'string') event[name.slice(3)] = decode(value);
  }
  const contentType = headers['content-type'];
  if (contentType !== undefined) event['datacontenttype'] = contentType;
  event['data'] = convertBody(contentType, body);
  return event;
}

function fromStructured(body: Buffer): Record<string, unknown> {
  const value = parseJson(body);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw refused('the body is not a JSON object');
  const { data_base64: base64, ...event } = value as Record<string, unknown>;
  if (base64 !== undefined) {
    if (typeof base64 !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) throw refused('data_base64 is not base64');
    event['data'] = Buffer.from(base64, 'base64');
  } else if (event['data'] === undefined) {
    event['data'] = null;
  }
  return event;
}

function checked(event: Record<string, unknown>): Record<string, unknown> {
  if (event['specversion'] !== '1.0') throw refused('specversion must be 1.0');
  for (const name of ['id', 'source', 'type']) {
    if (typeof event[name] !== 'string' || event[name] === '') throw refused(`the attribute ${name} is missing`);
  }
  return event;
}

/** Header values are percent-encoded where they are not plain ASCII (HTTP binding 3.1.3.2). */
function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function refused(reason: string): WatcherError {
  return new WatcherError('BAD_CLOUDEVENT', `the CloudEvent is refused: ${reason}`);
}
