import Type, { type Static } from 'typebox';
import { integer, closed, oneOf, text } from './schema/fields.ts';

/**
 * The stream between each gateway and the scaler's leader: `POST /_/stream`, one JSON message a line both ways, until either side closes.
 * The gateway replays what it knows on every connection; the leader answers `welcome`, a snapshot of `instance` messages, `synced`, then changes.
 * Both sides send `ping` once a second; 5 s of silence end the stream.
 */
export const STREAM_PING_MS = 1000;
export const STREAM_SILENCE_MS = 5000;

const id = text(253, { description: 'Id of an instance or gateway.' });
const fn = text(127, { description: '`<namespace>/<name>`.' });
const count = integer(0, 10_000_000, { description: 'A number of requests.' });
const epoch = integer(0, Number.MAX_SAFE_INTEGER, { description: 'The leader’s epoch.' });
const ms = Type.Number({ minimum: 0 });
const docs = (description: string) => ({ description });

export const COLD_START_PHASES = ['queue', 'allocate', 'code', 'dependencies', 'init', 'firstByte'] as const;
export type ColdStartPhase = (typeof COLD_START_PHASES)[number];

const instance = closed(
  {
    id,
    function: fn,
    uid: text(64, docs('The function’s UID.')),
    /** Content digest that new requests of it meet. */
    content: text(71, docs('Content digest.')),
    generation: integer(1, Number.MAX_SAFE_INTEGER, docs('Of the Function.')),
    /** `host:port` of the data port. */
    address: text(253, docs('host:port')),
    concurrency: integer(1, 1000, docs('Requests at once.')),
    zone: Type.Optional(text(63, docs('Zone.'))),
    /** `draining`: send nothing new, and answer `drained` once nothing is in flight. */
    state: oneOf(['ready', 'draining'], docs('Whether it takes requests.')),
    /** How long each phase of its start took, for `Server-Timing`; only on the first message of an instance. */
    coldStart: Type.Optional(
      closed(
        {
          pool: text(127, docs('`<namespace>/<pool>`, or empty.')),
          runtime: text(32, docs('Runtime.')),
          allocateMs: ms,
          codeMs: ms,
          dependenciesMs: ms,
          initMs: ms,
        },
        docs('Phases.'),
      ),
    ),
  },
  docs('A specialized instance.'),
);
export type StreamInstance = Static<typeof instance>;

const message = {
  hello: closed(
    {
      type: oneOf(['hello'], docs('First message.')),
      gateway: id,
      /** Highest epoch that the gateway has seen; a leader with a lower one ends the stream. */
      epoch,
      zone: Type.Optional(text(63, docs('Zone.'))),
      /** Functions with requests in flight or waiting; all others are idle as of now. */
      active: Type.Array(closed({ function: fn, waiting: count, inFlight: count }, docs('Load.')), { maxItems: 100_000 }),
      /** Instances that it knows, so that a new leader can adopt them. */
      instances: Type.Array(closed({ id, uid: text(64, docs('UID.')), content: text(71, docs('Content.')) }, docs('Known.')), { maxItems: 100_000 }),
    },
    docs('Who is there.'),
  ),
  /** Sent at once when requests begin to wait or their number grows, when a function becomes active, and once its queue is empty. Coalesced to one a function each 10 ms. */
  demand: closed({ type: oneOf(['demand'], docs('')), function: fn, waiting: count, inFlight: count }, docs('Load of a function at this gateway.')),
  /** The explicit idle report: nothing in flight, nothing waiting for one second. */
  idle: closed({ type: oneOf(['idle'], docs('')), function: fn }, docs('A function has no requests.')),
  drained: closed({ type: oneOf(['drained'], docs('')), instance: id }, docs('Nothing of this gateway is in flight on it.')),
  /** The gateway could not connect to it, or it refused as not specialized or draining. */
  suspect: closed({ type: oneOf(['suspect'], docs('')), instance: id, reason: text(256, docs('Why.')) }, docs('Look at this instance.')),
  ping: closed({ type: oneOf(['ping'], docs('')) }, docs('Alive.')),
  welcome: closed({ type: oneOf(['welcome'], docs('')), epoch, gateways: integer(1, 10_000, docs('Live gateways.')) }, docs('The leader is there.')),
  instance: closed({ type: oneOf(['instance'], docs('')), instance }, docs('New or changed.')),
  gone: closed({ type: oneOf(['gone'], docs('')), instance: id, reason: text(256, docs('Why.')) }, docs('It exists no more.')),
  synced: closed({ type: oneOf(['synced'], docs('')) }, docs('The snapshot is complete.')),
  gateways: closed({ type: oneOf(['gateways'], docs('')), gateways: integer(1, 10_000, docs('Live gateways.')) }, docs('Their number changed.')),
  /** How far the start of capacity has got; a request that gives up tells it. */
  phase: closed({ type: oneOf(['phase'], docs('')), function: fn, phase: oneOf(COLD_START_PHASES, docs('Phase.')) }, docs('Progress.')),
  /** Capacity cannot be had now: waiting requests of a function without any ready instance are answered with this error. */
  refused: closed(
    {
      type: oneOf(['refused'], docs('')),
      function: fn,
      code: text(64, docs('Of the error table.')),
      message: text(4096, docs('For the caller.')),
      retryAfterMs: Type.Optional(count),
    },
    docs('No capacity.'),
  ),
};

export const gatewayMessage = Type.Union([message.hello, message.demand, message.idle, message.drained, message.suspect, message.ping]);
export const leaderMessage = Type.Union([
  message.welcome,
  message.instance,
  message.gone,
  message.synced,
  message.gateways,
  message.phase,
  message.refused,
  message.ping,
]);
export type GatewayMessage = Static<typeof gatewayMessage>;
export type LeaderMessage = Static<typeof leaderMessage>;
