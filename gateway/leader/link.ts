import type { Log } from '../../kit/log.ts';
import { type MessageStream, openStream } from '../../kit/stream.ts';
import { SCALER_PATHS } from '../../protocol/names.ts';
import { type GatewayMessage, leaderMessage, type LeaderMessage } from '../../protocol/stream.ts';

/** What the rest of the gateway may do with the leader. */
export interface LeaderPort {
  /** Welcomed by a leader, and the stream is alive. */
  readonly connected: boolean;
  /** Sent where a stream is open, after its `hello`; what is lost is replayed by `hello` on the next connection. */
  send(message: GatewayMessage): void;
}

export interface LeaderLink extends LeaderPort {
  /** Was welcomed once, whether or not it is connected now. */
  readonly joined: boolean;
  readonly epoch: number;
  /** Live gateways, as the leader says. */
  readonly gateways: number;
  /** Connects, and again whenever the stream ends, until closed. */
  open(handlers: { hello(epoch: number): GatewayMessage; onMessage(message: LeaderMessage): void }): void;
  close(): Promise<void>;
}

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2000;

export function createLeaderLink({ url, token, log }: { url: string; token: string; log: Log }): LeaderLink {
  let stream: MessageStream<GatewayMessage> | undefined;
  let handlers: Parameters<LeaderLink['open']>[0] | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let connected = false;
  let failures = 0;
  let epoch = 0;
  let gateways = 1;

  const onMessage = (message: LeaderMessage) => {
    if (message.type === 'welcome') {
      if (message.epoch < epoch) return stream?.close(`epoch ${message.epoch} is older than ${epoch}`);
      epoch = message.epoch;
      connected = true;
      failures = 0;
      log.info('joined the leader', { epoch });
    }
    if (message.type === 'welcome' || message.type === 'gateways') gateways = message.gateways;
    if (connected) handlers?.onMessage(message);
  };
  const onClose = (reason: string) => {
    const level = connected || failures === 3 ? 'warn' : 'debug';
    connected = false;
    stream = undefined;
    if (closed) return;
    const limit = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++);
    log[level]('the stream to the leader ended; connecting again', { reason });
    timer = setTimeout(connect, limit * (0.5 + Math.random() / 2));
  };
  const connect = () => {
    const target = new URL(SCALER_PATHS.stream, url).href;
    stream = openStream<typeof leaderMessage, GatewayMessage>({ url: target, token }, leaderMessage, { onMessage, onClose });
    if (handlers) stream.send(handlers.hello(epoch));
  };

  return {
    get connected() {
      return connected;
    },
    get joined() {
      return epoch > 0;
    },
    get epoch() {
      return epoch;
    },
    get gateways() {
      return gateways;
    },
    send(message) {
      // Also before the welcome: it follows the hello, which says only what was known when it was sent.
      stream?.send(message);
    },
    open(given) {
      handlers = given;
      connect();
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      stream?.close('this gateway stops');
    },
  };
}
