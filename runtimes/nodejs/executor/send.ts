import { once } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import { HEADERS } from '../contract.ts';
import type { Invocation } from './invocation.ts';
import { bad, isStream, toBytes, type Answer, type BodyStream } from './result.ts';

export interface SendOptions {
  /** Sends a stream's head before its first chunk is asked for. By default an error in the first chunk still gets its own answer. */
  readonly headFirst?: boolean;
}

/** Writes an answer; a promise where user code has more to do with it. */
export function send(invocation: Invocation, { status, headers, body }: Answer, { headFirst = false }: SendOptions = {}): Promise<void> | void {
  if (invocation.over) return;
  if (isStream(body)) return sendStream(invocation, status, headers, body, headFirst);
  const head: OutgoingHttpHeaders = headers;
  head[HEADERS.requestId] = invocation.requestId;
  const bodyless = status === 204 || status === 304;
  if (!bodyless) head['content-length'] = body === null ? 0 : Buffer.byteLength(body);
  const { response } = invocation;
  invocation.begin();
  response.writeHead(status, head);
  response.end(bodyless || body === null ? undefined : body);
}

async function sendStream(invocation: Invocation, status: number, headers: OutgoingHttpHeaders, stream: BodyStream, headFirst: boolean): Promise<void> {
  const { response, request } = invocation;
  const next = () => invocation.guard(async () => stream.next());
  const stop = () => invocation.guard(async () => stream.return?.());
  const begin = () => {
    if (response.headersSent) return;
    invocation.begin();
    response.writeHead(status, { ...headers, [HEADERS.requestId]: invocation.requestId });
    // One packet with the first chunk, where that is there already.
    setImmediate(() => response.flushHeaders());
  };
  const bodyless = request.method === 'HEAD' || status === 204 || status === 304;
  if (bodyless) await stop();
  else if (headFirst) begin();
  let item = bodyless ? undefined : await next();
  while (!invocation.over && item && !item.done) {
    const chunk = toChunk(item.value);
    begin();
    if (chunk.length > 0 && !response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    if (invocation.over) return;
    if (response.destroyed) return void (await stop());
    item = await next();
  }
  if (invocation.over) return;
  begin();
  response.end();
}

function toChunk(value: unknown): string | Uint8Array {
  const chunk = typeof value === 'string' ? value : toBytes(value);
  if (chunk === undefined) throw bad(`a stream yields strings or bytes, not ${value === null ? 'null' : typeof value}`);
  return chunk;
}
