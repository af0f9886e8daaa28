import { Duplex } from 'node:stream';
import { Agent, WebSocket } from 'undici';
import type { Credentials } from '../../kit/kubernetes/credentials.ts';
import { PlatformError } from '../../protocol/errors.ts';

export interface PortForwardTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

/** The WebSocket form of a port-forward, which kubelets know since 1.7: one connection each, channel 0 data, channel 1 errors. */
const PROTOCOL = 'v4.channel.k8s.io';
const DATA = 0;
const CHANNELS = 2;
/** Each channel begins with the port, two bytes. */
const PREFIX_BYTES = 2;
const HIGH_WATER_BYTES = 1024 * 1024;

/** One TCP connection to a port of a pod, through the API server. @throws PlatformError CLUSTER_FORBIDDEN, CLUSTER_UNREACHABLE */
export async function openPortForward(credentials: Credentials, { namespace, pod, port }: PortForwardTarget): Promise<Duplex> {
  const { tls, authorization } = await credentials.current();
  const dispatcher = new Agent({ connect: { ...tls, ALPNProtocols: ['http/1.1'] } });
  const url = `${credentials.server.replace(/^http/, 'ws')}/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`;
  const socket = new WebSocket(url, { protocols: [PROTOCOL], dispatcher, ...(authorization !== undefined && { headers: { authorization } }) });
  socket.binaryType = 'arraybuffer';
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let stream: Duplex | undefined;
  const fail = (message: string) => {
    const error = new PlatformError('CLUSTER_UNREACHABLE', `no port-forward to ${namespace}/${pod} port ${port}: ${message}`);
    reject(error);
    stream?.destroy(error);
  };
  stream = new WebSocketDuplex(socket, () => void dispatcher.close());
  const greeted = new Set<number>();
  socket.addEventListener('message', ({ data }) => {
    const bytes = Buffer.from(data as ArrayBuffer);
    const channel = bytes[0] ?? DATA;
    const body = bytes.subarray(1);
    if (!greeted.has(channel)) {
      greeted.add(channel);
      if (greeted.size === CHANNELS) resolve();
      if (body.length > PREFIX_BYTES) stream?.push(body.subarray(PREFIX_BYTES));
      return;
    }
    if (body.length === 0) return;
    if (channel === DATA) stream?.push(body);
    else fail(body.toString('utf8'));
  });
  socket.addEventListener('error', (event) => fail(String((event as { message?: string }).message || 'the API server refused the connection')));
  socket.addEventListener('close', ({ reason }) => {
    reject(new PlatformError('CLUSTER_UNREACHABLE', `no port-forward to ${namespace}/${pod} port ${port}: ${reason || 'the connection was closed'}`));
    stream?.push(null);
  });
  await promise;
  return stream;
}

class WebSocketDuplex extends Duplex {
  readonly #socket: WebSocket;
  readonly #onClosed: () => void;

  constructor(socket: WebSocket, onClosed: () => void) {
    super({ writableHighWaterMark: HIGH_WATER_BYTES });
    this.#socket = socket;
    this.#onClosed = onClosed;
  }

  override _read(): void {
    // Frames are pushed as they come.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#socket.send(Buffer.concat([Buffer.of(DATA), chunk]));
    this.#awaitRoom(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket.close();
    this.#onClosed();
    callback(error);
  }

  /** A WebSocket has no drain event. */
  #awaitRoom(callback: () => void): void {
    if (this.#socket.bufferedAmount < HIGH_WATER_BYTES) callback();
    else setTimeout(() => this.#awaitRoom(callback), 5);
  }
}
