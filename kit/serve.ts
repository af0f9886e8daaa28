import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { PlatformError } from '../protocol/errors.ts';
import { findPortOwner } from './port-owner.ts';

/** Headers must arrive within this; checked every `HEADERS_CHECK_MS`. */
export const HEADERS_TIMEOUT_MS = 10_000;
export const HEADERS_CHECK_MS = 5_000;
const IDLE_SWEEP_MS = 50;

export interface ServeOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** What listens, for messages: `gateway`, `admin API` … */
  readonly name: string;
}

export interface Served {
  readonly server: Server;
  readonly port: number;
  /** `http://host:port`. */
  readonly url: string;
  /** Stops accepting, lets requests under way end for `graceMs` (default 0), then cuts what is left. Idempotent. */
  close(graceMs?: number): Promise<void>;
}

/** An HTTP server with our time limits. Whole requests have none (streams and long uploads): their handlers bound them. */
export function createHttpServer(listener: RequestListener<typeof IncomingMessage>, options: ServerOptions = {}): Server {
  return createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: HEADERS_CHECK_MS, requestTimeout: 0, keepAliveTimeout: 65_000, ...options },
    listener,
  );
}

/** Listens. @throws PlatformError PORT_IN_USE naming the process that holds the port, where it can be found */
export async function serve(server: Server, { host, port, name }: ServeOptions): Promise<Served> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await listen(server, host, port, name);
  const bound = (server.address() as AddressInfo).port;
  let closing: Promise<void> | undefined;
  return {
    server,
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: (graceMs = 0) => (closing ??= closeServer(server, sockets, graceMs)),
  };
}

function listen(server: Server, host: string, port: number, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EADDRINUSE') return reject(cause);
      portInUse(name, host, port, cause).then(reject, reject);
    });
    server.listen(port, host, () => resolve());
  });
}

async function portInUse(name: string, host: string, port: number, cause: Error): Promise<PlatformError> {
  const owner = await findPortOwner(port);
  const holder = owner ? `process ${owner.pid} (${owner.name})` : 'another process';
  return new PlatformError('PORT_IN_USE', `port ${port} on ${host}, wanted for ${name}, is taken by ${holder}: end it, or move ours with --port`, {
    details: { port, ...(owner && { pid: owner.pid, process: owner.name }) },
    cause,
  });
}

function closeServer(server: Server, sockets: ReadonlySet<Socket>, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = () => {
      for (const socket of sockets) socket.destroy();
    };
    const timer = setTimeout(cut, graceMs);
    // A connection whose answer began before the close stays open as idle; Node looks for those only once.
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
    server.close(() => {
      clearTimeout(timer);
      clearInterval(sweep);
      resolve();
    });
    if (graceMs === 0) cut();
  });
}
