import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { WatcherError } from '../watcher-error.ts';
import { convertBody, isBase64, mediaType, parseJson } from './body.ts';

const STRUCTURED = 'application/cloudevents+json';
const BATCHED = 'application/cloudevents-batch';

/** Whether the request claims to be a CloudEvent in binary, structured or batched mode (CloudEvents HTTP binding 1.0.2, section 3). */
export function isCloudEvent(headers: IncomingHttpHeaders): boolean {
  const media = mediaType(headers['content-type']);
  return headers['ce-specversion'] !== undefined || media === STRUCTURED || media.startsWith(BATCHED);
}

/**
 * The event with its attributes at the first level and `data` converted as bodies are (W6.3).
 * @throws WatcherError BAD_CLOUDEVENT, BAD_JSON
 */
export function toCloudEvent(headers: IncomingHttpHeaders, body: Buffer): Record<string, unknown> {
  const media = mediaType(headers['content-type']);
  if (media.startsWith(BATCHED)) throw refused('batches are not taken: send one event a request');
  return checked(media === STRUCTURED ? fromStructured(body) : fromBinary(headers, body));
}

function fromBinary(headers: IncomingHttpHeaders, body: Buffer): Record<string, unknown> {
  const event: Record<string, unknown> = {};
  for (const [header, value] of Object.entries(headers)) {
    const name = /^ce-([a-z0-9]+)$/.exec(header)?.[1];
    if (name !== undefined && typeof value === 'string') event[name] = decode(value, name);
  }
  // Of these two the message itself tells.
  delete event['datacontenttype'];
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
    if ((event['data'] ?? null) !== null) throw refused('it has both data and data_base64');
    if (typeof base64 !== 'string' || !isBase64(base64)) throw refused('data_base64 is not base64');
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

/** A header's value: double quotes come off, then one round of percent-decoding (HTTP binding 3.1.3.2). A percent sign that encodes nothing is itself. */
function decode(value: string, name: string): string {
  const unquoted = /^".*"$/.test(value) ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
  return unquoted.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    const bytes = Buffer.from(encoded.replaceAll('%', ''), 'hex');
    if (!isUtf8(bytes)) throw refused(`the attribute ${name} is not UTF-8`);
    return bytes.toString('utf8');
  });
}

function refused(reason: string): WatcherError {
  return new WatcherError('BAD_CLOUDEVENT', `the CloudEvent is refused: ${reason}`);
}
