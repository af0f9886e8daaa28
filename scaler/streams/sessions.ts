import type { IncomingMessage, ServerResponse } from 'node:http';
import { type GatewayMessage, gatewayMessage, type LeaderMessage, type StreamInstance } from '../../protocol/stream.ts';
import type { Log } from '../../kit/log.ts';
import { acceptStream, type MessageStream } from '../../kit/stream.ts';
import type { Gateways } from '../apply/gateways.ts';
import type { DemandBook } from '../observe/demand-book.ts';

export interface SessionsDeps {
  readonly epoch: number;
  readonly book: DemandBook;
  readonly log: Log;
  readonly now: () => number;
  /** All instances that gateways may use or are to drain. */
  snapshot(): StreamInstance[];
  /** The load of a function changed at a gateway. */
  onDemand(fn: string): void;
  onDrained(gateway: string, instance: string): void;
  onSuspect(instance: string): void;
  /** What a gateway knew before it connected here. */
  onReplayed(instances: Hello['instances']): void;
  /** A gateway came, went, or was forgotten. */
  onGatewaysChanged(): void;
}

/** The leader's side of the streams to the gateways. */
export interface Sessions extends Gateways {
  /** Takes over a request to the stream path; its token is checked already. */
  accept(request: IncomingMessage, response: ServerResponse): void;
  /** Forgets gateways that have been gone for longer than the grace. */
  expire(): void;
  close(): void;
}

type Hello = Extract<GatewayMessage, { type: 'hello' }>;

interface Session {
  readonly stream: MessageStream<LeaderMessage>;
  /** Known from its `hello` on. */
  gateway?: string;
}

export function createSessions(deps: SessionsDeps): Sessions {
  const { epoch, book, log, now } = deps;
  const sessions = new Set<Session>();

  const broadcast = (message: LeaderMessage) => {
    for (const { stream, gateway } of sessions) if (gateway !== undefined) stream.send(message);
  };
  const tellGateways = () => {
    const count = book.liveGateways().length;
    if (count > 0) broadcast({ type: 'gateways', gateways: count });
    deps.onGatewaysChanged();
  };
  const hello = (session: Session, message: Hello) => {
    if (message.epoch > epoch) return session.stream.close(`the gateway has seen epoch ${message.epoch}, this leader has ${epoch}`);
    for (const other of sessions) if (other !== session && other.gateway === message.gateway) other.stream.close('the gateway connected again');
    session.gateway = message.gateway;
    book.connected(message.gateway, message.active, now());
    log.info('gateway connected', { gateway: message.gateway, active: message.active.length });
    session.stream.send({ type: 'welcome', epoch, gateways: book.liveGateways().length });
    for (const instance of deps.snapshot()) session.stream.send({ type: 'instance', instance });
    session.stream.send({ type: 'synced' });
    tellGateways();
    deps.onReplayed(message.instances);
    for (const { function: fn } of message.active) deps.onDemand(fn);
  };
  const handle = (session: Session, message: GatewayMessage) => {
    if (message.type === 'hello') return hello(session, message);
    const { gateway } = session;
    if (gateway === undefined) return session.stream.close('the first message is not hello');
    switch (message.type) {
      case 'demand':
        book.report(gateway, message.function, message, now());
        return deps.onDemand(message.function);
      case 'idle':
        return book.idle(gateway, message.function, now());
      case 'drained':
        return deps.onDrained(gateway, message.instance);
      case 'suspect':
        return deps.onSuspect(message.instance);
      case 'ping':
        return;
      default:
        return message satisfies never;
    }
  };
  return {
    broadcast,
    live: () => book.liveGateways(),
    accept(request, response) {
      const stream = acceptStream<typeof gatewayMessage, LeaderMessage>(request, response, gatewayMessage, {
        onMessage: (message) => handle(session, message),
        onClose(reason) {
          sessions.delete(session);
          const { gateway } = session;
          if (gateway === undefined || [...sessions].some((other) => other.gateway === gateway)) return;
          log.warn('gateway lost', { gateway, reason });
          book.disconnected(gateway, now());
        },
      });
      const session: Session = { stream };
      sessions.add(session);
    },
    expire() {
      if (book.expire(now())) tellGateways();
    },
    close() {
      for (const { stream } of sessions) stream.close('the scaler ends');
    },
  };
}
