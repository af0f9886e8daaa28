import { request as httpRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import type { Static, TSchema } from 'typebox';
import { schemaIssues } from '../protocol/schema/validate.ts';
import { STREAM_PING_MS, STREAM_SILENCE_MS } from '../protocol/stream.ts';
import { createLineReader } from './lines.ts';

/** Longest line: a `hello` of 100,000 functions fits. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;
/** What may wait for a slow reader before the stream is given up. */
const MAX_UNSENT_BYTES = 64 * 1024 * 1024;
export const STREAM_CONTENT_TYPE = 'application/x-ndjson';

export interface MessageStream<Out> {
  readonly closed: boolean;
  /** Sends one message; nothing happens once closed. */
  send(message: Out): void;
  /** Ends the stream; `onClose` is told this reason. Idempotent. */
  close(reason: string): void;
}

export interface StreamHandlers<In> {
  /** A valid message; pings are answered for by the stream itself and not told. */
  onMessage(message: In): void;
  /** Once, whoever ended it and why. */
  onClose(reason: string): void;
}

interface Timing {
  readonly pingMs?: number;
  readonly silenceMs?: number;
}

interface Typed {
  readonly type: string;
}

/** The server's side: answers 200 and keeps the request open both ways. Check method and token before. */
export function acceptStream<In extends TSchema, Out extends Typed>(
  request: IncomingMessage,
  response: ServerResponse,
  incoming: In,
  handlers: StreamHandlers<Static<In>>,
  timing: Timing = {},
): MessageStream<Out> {
  request.socket.setNoDelay(true);
  response.writeHead(200, { 'content-type': STREAM_CONTENT_TYPE, 'cache-control': 'no-store' });
  response.flushHeaders();
  const stream = createMessageStream<In, Out>(response, incoming, handlers, timing, () => {
    response.destroy();
    request.destroy();
  });
  stream.read(request);
  response.on('close', () => stream.close('the connection closed'));
  return stream;
}

export interface OpenStreamOptions {
  readonly url: string;
  readonly token: string;
}

/** The client's side: a POST whose body and answer both stay open. Messages sent before the answer wait in the socket. An answer other than 200 closes it. */
export function openStream<In extends TSchema, Out extends Typed>(
  { url, token }: OpenStreamOptions,
  incoming: In,
  handlers: StreamHandlers<Static<In>>,
  timing: Timing = {},
): MessageStream<Out> {
  const request: ClientRequest = httpRequest(url, {
    method: 'POST',
    agent: false,
    headers: { authorization: `Bearer ${token}`, 'content-type': STREAM_CONTENT_TYPE, 'transfer-encoding': 'chunked' },
  });
  const stream = createMessageStream<In, Out>(request, incoming, handlers, timing, () => request.destroy());
  request.setNoDelay(true);
  request.flushHeaders();
  request.on('error', (error) => stream.close(error.message));
  request.on('close', () => stream.close('the connection closed'));
  request.on('response', (response) => {
    if (response.statusCode === 200) return stream.read(response);
    response.resume();
    stream.close(`answered ${response.statusCode}`);
  });
  return stream;
}

function createMessageStream<In extends TSchema, Out extends Typed>(
  writable: Writable,
  incoming: In,
  handlers: StreamHandlers<Static<In>>,
  { pingMs = STREAM_PING_MS, silenceMs = STREAM_SILENCE_MS }: Timing,
  destroy: () => void,
): MessageStream<Out> & { read(readable: Readable): void } {
  let closed = false;
  let heardAt = performance.now();
  const close = (reason: string) => {
    if (closed) return;
    closed = true;
    clearInterval(timer);
    destroy();
    handlers.onClose(reason);
  };
  const write = (message: Typed) => {
    if (closed) return;
    writable.write(`${JSON.stringify(message)}\n`);
    if (writable.writableLength > MAX_UNSENT_BYTES) close('the other side reads too slowly');
  };
  const timer = setInterval(() => {
    if (performance.now() - heardAt > silenceMs) return close(`silent for ${silenceMs} ms`);
    write({ type: 'ping' });
  }, pingMs);
  const onLine = createLineReader({
    maxBytes: MAX_LINE_BYTES,
    onTooLong: () => close(`a line is longer than ${MAX_LINE_BYTES} bytes`),
    onLine: (line) => {
      if (closed) return;
      const message = parse(incoming, line);
      if (typeof message === 'string') return close(message);
      if ((message as Typed).type !== 'ping') handlers.onMessage(message as Static<In>);
    },
  });
  writable.on('error', (error) => close(error.message));
  return {
    get closed() {
      return closed;
    },
    send: write,
    close,
    read(readable) {
      readable.on('data', (chunk: Buffer) => {
        heardAt = performance.now();
        onLine(chunk);
      });
      readable.on('error', (error) => close(error.message));
      readable.on('end', () => close('the other side ended it'));
    },
  };
}

/** The message, or what is wrong with it. */
function parse(schema: TSchema, line: string): object | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'a line is not JSON';
  }
  const issue = schemaIssues(schema, value)[0];
  return issue ? `a message is not valid: ${issue.path} ${issue.message}` : (value as object);
}
