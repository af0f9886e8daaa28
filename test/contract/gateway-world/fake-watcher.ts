import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createHttpServer, serve } from '../../../kit/serve.ts';
import type { StreamInstance } from '../../../protocol/stream.ts';
import { CONTENT, NAMESPACE } from './objects.ts';

/** A data port as watcher.md has it: it refuses above its limit before the body is read, with a marked answer. */
export interface FakeWatcher {
  readonly instance: StreamInstance;
  /** Requests that reached user code. */
  readonly served: number;
  readonly refused: number;
  /** Most that ran at once. */
  readonly peak: number;
  /** Refuse everything with this code from now on; undefined = serve again. */
  refuseWith: string | undefined;
  close(): Promise<void>;
}

export interface FakeWatcherOptions {
  readonly function: string;
  readonly id?: string;
  readonly concurrency?: number;
  readonly zone?: string;
  readonly coldStart?: StreamInstance['coldStart'];
  readonly handler?: RequestListener;
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

let count = 0;

export async function fakeWatcher(options: FakeWatcherOptions): Promise<FakeWatcher> {
  const { concurrency = 16, handler = (_request: IncomingMessage, response: ServerResponse) => void response.end('hello') } = options;
  const id = options.id ?? `i-${++count}`;
  const seen = { served: 0, refused: 0, peak: 0, running: 0 };
  const state: { refuseWith: string | undefined } = { refuseWith: undefined };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const code = state.refuseWith ?? (seen.running >= concurrency ? 'CONCURRENCY_LIMIT' : undefined);
    if (code !== undefined) {
      seen.refused++;
      response.writeHead(503, { 'fibonacci-not-started': '1', 'fibonacci-error': code, 'content-type': 'application/json' });
      return void response.end(JSON.stringify({ code, message: 'refused', requestId: '' }));
    }
    seen.served++;
    seen.peak = Math.max(seen.peak, ++seen.running);
    let left = false;
    const leave = () => {
      if (!left) seen.running--;
      left = true;
    };
    // As a watcher does: the slot is free before the last byte leaves.
    const end = response.end.bind(response);
    response.end = ((...args: Parameters<typeof end>) => {
      leave();
      return end(...args);
    }) as typeof response.end;
    response.on('close', leave);
    if (request.headers.expect !== undefined) response.writeContinue();
    handler(request as never, response as never);
  };
  const server = createHttpServer(listener);
  server.on('checkContinue', listener);
  if (options.upgrade) server.on('upgrade', options.upgrade);
  const served = await serve(server, { host: '127.0.0.1', port: 0, name: id });
  return {
    instance: {
      id,
      function: `${NAMESPACE}/${options.function}`,
      uid: `uid-${options.function}`,
      content: CONTENT,
      generation: 1,
      address: `127.0.0.1:${served.port}`,
      concurrency,
      state: 'ready',
      ...(options.zone !== undefined && { zone: options.zone }),
      ...(options.coldStart !== undefined && { coldStart: options.coldStart }),
    },
    get served() {
      return seen.served;
    },
    get refused() {
      return seen.refused;
    },
    get peak() {
      return seen.peak;
    },
    get refuseWith() {
      return state.refuseWith;
    },
    set refuseWith(code) {
      state.refuseWith = code;
    },
    close: () => served.close(),
  };
}
