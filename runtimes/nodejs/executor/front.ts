import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { RefusalCode } from '../contract.ts';
import { prepareServer, SERVER_OPTIONS } from '../http-options.ts';
import type { LoadOrder, Running } from '../messages.ts';
import { answerError, refuse } from '../refusal.ts';
import { requestIdOf } from '../request-id.ts';
import type { Tally } from '../tally.ts';
import { decideRefusal } from './gate.ts';
import { Invocation, type Entry, type InvocationHost } from './invocation.ts';
import type { LoadedFunction } from './load.ts';
import { invokerOf } from './signatures.ts';
import { refuseUpgrade, runUpgrade, type Upgrade } from './upgrade.ts';

export interface FrontOptions {
  readonly order: LoadOrder;
  readonly loaded: LoadedFunction;
  readonly tally: Tally;
  readonly host: Omit<InvocationHost, 'ended'>;
  /** One request a connection (process mode). */
  readonly keepAlive: boolean;
  /** Neither a request nor a connection is left. */
  readonly empty: (retired: boolean) => void;
}

interface Connection {
  requests: number;
}

/** The data port's HTTP, on connections that the supervisor hands over: admission, then one Invocation a request. */
export class Front implements InvocationHost {
  readonly identity: InvocationHost['identity'];
  readonly output: InvocationHost['output'];
  readonly #options: FrontOptions;
  readonly #server: Server;
  readonly #connections = new Map<Duplex, Connection>();
  readonly #running = new Set<Running>();
  readonly #concurrency: number;
  #closed: RefusalCode | undefined;
  #graceUntilMs = 0;

  constructor(options: FrontOptions) {
    this.#options = options;
    this.identity = options.host.identity;
    this.output = options.host.output;
    this.#concurrency = options.order.concurrency;
    const invoke = invokerOf(options.loaded, options.order);
    this.#server = createServer(SERVER_OPTIONS);
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
      const requestId = requestIdOf(request.headers['x-request-id']);
      const refusal = this.#refusal(request.socket);
      if (!options.keepAlive) response.shouldKeepAlive = false;
      if (refusal !== undefined) return this.#refuse(request, response, requestId, refusal);
      const invocation = new Invocation(this, request, response, requestId, options.order.timeoutMs);
      this.#running.add(invocation);
      void invoke(invocation);
    };
    this.#server.on('request', onRequest);
    this.#server.on('checkContinue', onRequest);
    this.#server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
      answerError(request, response, requestIdOf(request.headers['x-request-id']), 'BAD_REQUEST', 'the only expectation that can be met is 100-continue'),
    );
    this.#server.on(
      'upgrade',
      (request: IncomingMessage, socket: Duplex, head: Buffer) =>
        void this.#upgrade({ requestId: requestIdOf(request.headers['x-request-id']), request, socket, head }),
    );
    prepareServer(this.#server);
  }

  get inFlight(): number {
    return this.#running.size;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Those that have run for longer than a beat of the heart, and at the very end of the process all. */
  running(minAgeMs: number): Running[] {
    const before = Date.now() - minAgeMs;
    return [...this.#running].filter((one) => one.startedAtMs <= before).map(({ requestId, startedAtMs }) => ({ requestId, startedAtMs }));
  }

  take(socket: Socket): void {
    this.#connections.set(socket, { requests: 0 });
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#checkEmpty();
    });
    this.#server.emit('connection', socket);
  }

  retire(code: RefusalCode, graceMs: number): void {
    this.#closed = code;
    this.#graceUntilMs = performance.now() + graceMs;
    this.#checkEmpty();
  }

  /** Ends the server's own timers; connections are not its own. */
  close(): void {
    this.#server.close();
  }

  entered(entry: Entry): void {
    this.#options.host.entered(entry);
  }

  begun(response?: ServerResponse): void {
    // What follows on this connection would be refused.
    if (this.#closed !== undefined && response) response.shouldKeepAlive = false;
    this.#options.host.begun();
  }

  timedOut(): Promise<void> | undefined {
    return this.#options.host.timedOut();
  }

  failed(failure: Parameters<InvocationHost['failed']>[0]): void {
    this.#options.host.failed(failure);
  }

  ended(entry: Running, outcome: Parameters<InvocationHost['ended']>[1], seconds: number): void {
    this.#running.delete(entry);
    if (outcome !== undefined) this.#options.tally.count(outcome, seconds);
    this.#checkEmpty();
  }

  #refusal(socket: Duplex): RefusalCode | undefined {
    const connection = this.#connections.get(socket);
    const firstOnConnection = connection?.requests === 0;
    if (connection) connection.requests += 1;
    const nowMs = this.#closed === undefined ? 0 : performance.now();
    return decideRefusal({
      closed: this.#closed,
      graceUntilMs: this.#graceUntilMs,
      nowMs,
      firstOnConnection,
      inFlight: this.#running.size,
      concurrency: this.#concurrency,
    });
  }

  #refuse(request: IncomingMessage, response: ServerResponse, requestId: string, code: RefusalCode): void {
    this.#options.tally.count('refused');
    refuse(request, response, requestId, code);
  }

  async #upgrade(upgrade: Upgrade): Promise<void> {
    const { upgrade: handler } = this.#options.loaded;
    const refusal = this.#refusal(upgrade.socket);
    if (refusal !== undefined) this.#options.tally.count('refused');
    if (refusal !== undefined || !handler) return refuseUpgrade(upgrade, refusal ?? 'UPGRADE_UNSUPPORTED');
    const entry: Entry = { requestId: upgrade.requestId, startedAtMs: Date.now(), method: 'GET', deadlineMs: undefined };
    this.#running.add(entry);
    this.entered(entry);
    this.#options.host.begun();
    const outcome = await runUpgrade(upgrade, handler, this);
    this.ended(entry, outcome, (Date.now() - entry.startedAtMs) / 1000);
  }

  #checkEmpty(): void {
    if (this.#running.size === 0 && this.#connections.size === 0) this.#options.empty(this.#closed !== undefined);
  }
}
