import { isUtf8 } from 'node:buffer';
import { WatcherError } from '../watcher-error.ts';

/**
 * A body by its content type.
 * @throws WatcherError BAD_JSON
 */
export function convertBody(contentType: string | undefined, body: Buffer): unknown {
  if (body.length === 0) return null;
  const media = mediaType(contentType);
  if (isJson(media)) return parseJson(body);
  if (media.startsWith('text/') || media === 'application/x-www-form-urlencoded') return body.toString('utf8');
  return body;
}

export function mediaType(contentType: string | undefined): string {
  if (contentType === undefined) return '';
  const end = contentType.indexOf(';');
  return (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

export function isJson(media: string): boolean {
  return media === 'application/json' || media.endsWith('+json');
}

/** Standard base64 with its padding (RFC 4648, section 4). Node's own decoder takes whatever it can. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/** @throws WatcherError BAD_JSON */
export function parseJson(body: Buffer): unknown {
  try {
    if (isUtf8(body)) return JSON.parse(body.toString('utf8'));
  } catch {
    // answered below, with what is not UTF-8
  }
  throw new WatcherError('BAD_JSON', 'the content type says JSON and the body is not');
}
