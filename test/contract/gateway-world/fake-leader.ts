import { createHttpServer, serve } from '../../../kit/serve.ts';
import { acceptStream, type MessageStream } from '../../../kit/stream.ts';
import { gatewayMessage, type GatewayMessage, type LeaderMessage, type StreamInstance } from '../../../protocol/stream.ts';

/** A leader that speaks the stream and does what the test says. */
export interface FakeLeader {
  readonly url: string;
  /** What `welcome` says. */
  epoch: number;
  /** Everything that gateways said, in order. */
  readonly heard: GatewayMessage[];
  /** Resolves with the first message, past or to come, that fits. */
  hears<T extends GatewayMessage['type']>(
    type: T,
    fits?: (message: Extract<GatewayMessage, { type: T }>) => boolean,
  ): Promise<Extract<GatewayMessage, { type: T }>>;
  /** Called on each demand. */
  onDemand: ((demand: Extract<GatewayMessage, { type: 'demand' }>) => void) | undefined;
  announce(instance: StreamInstance): void;
  gone(id: string): void;
  /** Leaves it out of the next snapshot, without a word. */
  forget(id: string): void;
  tell(message: LeaderMessage): void;
  /** Cuts all streams; new ones are refused until `resume`. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

export async function fakeLeader(token = 'secret'): Promise<FakeLeader> {
  const streams = new Set<MessageStream<LeaderMessage>>();
  const instances = new Map<string, StreamInstance>();
  const listeners = new Set<() => void>();
  let paused = false;
  const served = await serve(
    createHttpServer((request, response) => {
      if (paused || request.headers.authorization !== `Bearer ${token}`) return void response.writeHead(paused ? 503 : 401).end();
      const stream: MessageStream<LeaderMessage> = acceptStream(request, response, gatewayMessage, {
        onMessage(message) {
          leader.heard.push(message);
          if (message.type === 'hello') {
            stream.send({ type: 'welcome', epoch: leader.epoch, gateways: streams.size });
            for (const instance of instances.values()) stream.send({ type: 'instance', instance });
            stream.send({ type: 'synced' });
          }
          if (message.type === 'demand') leader.onDemand?.(message);
          for (const listener of listeners) listener();
        },
        onClose: () => void streams.delete(stream),
      });
      streams.add(stream);
    }),
    { host: '127.0.0.1', port: 0, name: 'leader' },
  );
  const tell = (message: LeaderMessage) => streams.forEach((stream) => stream.send(message));
  const leader: FakeLeader = {
    url: served.url,
    epoch: 1,
    heard: [],
    onDemand: undefined,
    hears: (type, fits = () => true) =>
      new Promise((resolve) => {
        const look = () => {
          const found = leader.heard.find((message) => message.type === type && fits(message as never));
          if (!found) return;
          listeners.delete(look);
          resolve(found as never);
        };
        listeners.add(look);
        look();
      }),
    announce(instance) {
      instances.set(instance.id, instance);
      tell({ type: 'instance', instance });
    },
    gone(id) {
      instances.delete(id);
      tell({ type: 'gone', instance: id, reason: 'test' });
    },
    forget: (id) => void instances.delete(id),
    tell,
    pause() {
      paused = true;
      for (const stream of streams) stream.close('paused');
    },
    resume() {
      paused = false;
    },
    close: () => served.close(),
  };
  return leader;
}
