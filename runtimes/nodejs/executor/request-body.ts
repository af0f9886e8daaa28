import type { IncomingMessage } from 'node:http';
import { WatcherError } from '../watcher-error.ts';

export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return length === undefined ? request.headers['transfer-encoding'] !== undefined : length !== '0';
}

/** @throws WatcherError BODY_TOO_LARGE when the announced length is over the limit */
export function checkLength(request: IncomingMessage, limitBytes: number): void {
  const length = request.headers['content-length'];
  if (length !== undefined && Number(length) > limitBytes) throw tooLarge(limitBytes);
}

/**
 * The whole body. Rejects with WatcherError BODY_TOO_LARGE once the limit is passed, and with ClientGone when the client goes away.
 */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) {
        chunks.length = 0;
        reject(tooLarge(limitBytes));
      } else chunks.push(chunk);
    });
    request.once('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    request.once('close', () => reject(new ClientGone()));
    request.once('error', () => reject(new ClientGone()));
  });
}

/** The body as it comes. Throws BODY_TOO_LARGE once the limit is passed, after telling `onTooLarge`. */
export async function* streamBody(request: IncomingMessage, limitBytes: number, onTooLarge: (error: WatcherError) => void): AsyncGenerator<Uint8Array> {
  let size = 0;
  // Kept open for the answer when user code stops reading early.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) {
      const error = tooLarge(limitBytes);
      onTooLarge(error);
      throw error;
    }
    // A view of its own: a byte stream's reader may transfer the memory, which Node's pool shares.
    yield new Uint8Array(chunk);
  }
}

/** The client left before its request was whole: there is nobody to answer. */
export class ClientGone extends Error {}

export function tooLarge(limitBytes: number): WatcherError {
  return new WatcherError('BODY_TOO_LARGE', `the body is larger than the ${limitBytes} bytes that this function takes`);
}
