import type { IncomingMessage } from 'node:http';
import { MAX_LOAD_DOCUMENT_BYTES, MAX_PACKAGE_BYTES } from '../contract.ts';
import { WatcherError } from '../watcher-error.ts';

const LINE_FEED = 10;

/**
 * Reads the body of a push (W3.1): calls `onLine` with the load document as soon as it is there, then resolves with the package's bytes.
 * Rejects with WatcherError BAD_REQUEST or PACKAGE_TOO_LARGE, or with what `onLine` throws, without reading on.
 */
export async function receivePush(request: IncomingMessage, onLine: (line: string) => void): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_PACKAGE_BYTES) throw tooLarge();
  const body = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  const parts: Buffer[] = [];
  let total = 0;
  let line: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of body) {
    total += chunk.length;
    if (total > MAX_PACKAGE_BYTES) throw tooLarge();
    if (!line) {
      parts.push(chunk);
      continue;
    }
    const end = chunk.indexOf(LINE_FEED);
    line = Buffer.concat([line, end < 0 ? chunk : chunk.subarray(0, end)]);
    if (line.length > MAX_LOAD_DOCUMENT_BYTES) throw new WatcherError('BAD_REQUEST', `the load document is longer than ${MAX_LOAD_DOCUMENT_BYTES} bytes`);
    if (end < 0) continue;
    onLine(line.toString('utf8'));
    line = undefined;
    parts.push(chunk.subarray(end + 1));
  }
  if (line) throw new WatcherError('BAD_REQUEST', 'the body has no line feed between the load document and the package');
  return Buffer.concat(parts);
}

/** A small JSON body. @throws WatcherError BAD_REQUEST */
export async function receiveJson(request: IncomingMessage, limitBytes: number): Promise<unknown> {
  const parts: Buffer[] = [];
  let total = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > limitBytes) throw new WatcherError('BAD_REQUEST', `the body is longer than ${limitBytes} bytes`);
    parts.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8'));
  } catch {
    throw new WatcherError('BAD_REQUEST', 'the body is no JSON');
  }
}

function tooLarge(): WatcherError {
  return new WatcherError('PACKAGE_TOO_LARGE', `the push is larger than ${MAX_PACKAGE_BYTES} bytes (64 MiB)`);
}
