import { request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';

export interface HttpCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** From the first byte of the request to the last of the answer. */
  readonly ms: number;
}

/** One HTTP/1.1 request on a connection that is there; it is of no further use then. */
export function exchangeOver(connection: Duplex, { method, path, headers, body }: HttpCall): Promise<HttpReply> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpReply>();
  const begun = performance.now();
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const request = httpRequest({ createConnection: () => connection, method, path, headers: { host: 'localhost', connection: 'close', ...headers, ...length } });
  request.on('error', reject);
  request.on('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      const pairs = Object.entries(response.headers).map(([key, value]) => [key, Array.isArray(value) ? value.join(', ') : (value ?? '')]);
      resolve({
        status: response.statusCode ?? 0,
        headers: Object.fromEntries(pairs),
        body: Buffer.concat(chunks).toString('utf8'),
        ms: performance.now() - begun,
      });
    });
  });
  request.end(body);
  return promise.finally(() => connection.destroy());
}
