import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { PlatformError } from '../../protocol/errors.ts';
import { HEADERS } from '../../protocol/names.ts';
import type { Filters } from '../admission/filters.ts';
import { sendError, toPlatformError } from '../answer.ts';
import type { RequestHead } from '../boundary/request-head.ts';
import type { Capacity } from '../capacity/capacity.ts';
import type { Instance } from '../capacity/instance.ts';
import type { Claimant, Place } from '../capacity/waiting-line.ts';
import type { FunctionEntry, FunctionLimits } from '../functions/function-entry.ts';
import { Attempt } from './attempt.ts';
import type { ColdStarts } from './cold-start.ts';
import { badResponse, bodyTooLarge, bodyTooSlow, functionTimeout, tryFailed, unsendable, upgradeWithBody } from './refusals.ts';
import type { ReplyHolder } from './reply.ts';
import { collectBody, REPLAY_LIMIT_BYTES, StreamedBody } from './request-body.ts';
import { type Failure, FUNCTION_CRASHED, mayRetry } from './retry.ts';
import { sendBuffered, sendStreamed } from './send.ts';
import { sendUpgrade, type UpgradingClient } from './tunnel.ts';

export interface ExchangeDeps {
  readonly capacity: Capacity;
  readonly filters: Filters;
  readonly coldStarts: ColdStarts;
  readonly holder: ReplyHolder;
  readonly retries: boolean;
  /** A request goes to an instance again, because of this. */
  retried(reason: Failure['kind']): void;
  /** Tells the leader of an instance that refused or could not be reached. */
  suspect(instance: Instance, reason: string): void;
  /** The gateway stops: connections end with their answer. */
  draining(): boolean;
  /** Tunnels that are open. */
  readonly tunnels: Set<Duplex>;
}

/** A watcher's own 504 comes first; ours is for one that hangs. */
const DEADLINE_GRACE_MS = 250;
/** Timers of two processes differ by this much: a connection that is cut this near to the deadline was cut because of it. */
const CLOCK_SLACK_MS = 5;
/** What a client may go on sending after it was answered, before its connection is cut. */
const LEFTOVER_MS = 2000;
/** Nginx's "client closed request": counted, never sent. */
const CLIENT_GONE = 499;

/** One request from its match to its answer: body, slot, tries, deadline. */
export class Exchange implements Claimant {
  readonly deps: ExchangeDeps;
  readonly entry: FunctionEntry;
  readonly head: RequestHead;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Where the client wants to leave HTTP behind. */
  readonly upgrading: UpgradingClient | undefined;
  avoid: Instance | undefined;
  /** The client has been told to send its body. */
  continued = false;
  readonly #limits: FunctionLimits;
  readonly #startedAt = performance.now();
  /** When it first asked for a slot: the wait is counted from here. */
  #claimedAt = 0;
  #dispatchedAt = 0;
  /** When the function's time is over; 0 while nothing has started. */
  #deadlineAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #body: Buffer | StreamedBody | null = null;
  #attempt: Attempt | undefined;
  #place: Place | undefined;
  #brokenTries = 0;
  #retiredTries = 0;
  #done = false;

  constructor(
    deps: ExchangeDeps,
    entry: FunctionEntry,
    limits: FunctionLimits,
    head: RequestHead,
    request: IncomingMessage,
    response: ServerResponse,
    upgrading?: UpgradingClient,
  ) {
    this.deps = deps;
    this.entry = entry;
    this.#limits = limits;
    this.head = head;
    this.request = request;
    this.response = response;
    this.upgrading = upgrading;
  }

  start(): void {
    const { contentLength, chunked } = this.head;
    this.response.on('close', () => this.#onClientGone());
    if (this.upgrading !== undefined && (chunked || contentLength > 0)) return this.fail(upgradeWithBody());
    const refuseBody = () => this.fail(bodyTooLarge(this.entry.key, this.#limits));
    if (contentLength > this.#limits.bodyLimitBytes) return refuseBody();
    if (!chunked && contentLength <= 0) return this.#claim(false);
    if (chunked || contentLength > REPLAY_LIMIT_BYTES) {
      this.#body = new StreamedBody(this.request, contentLength, this.#limits.bodyLimitBytes, refuseBody);
      return this.#claim(false);
    }
    this.#timer = setTimeout(() => this.fail(bodyTooSlow(this.#limits)), this.#limits.timeoutMs);
    if (this.head.expectsContinue) this.response.writeContinue();
    collectBody(this.request, contentLength, (body) => {
      clearTimeout(this.#timer);
      this.#body = body;
      if (!this.#done) this.#claim(false);
    });
  }

  onSlot(instance: Instance): void {
    const now = performance.now();
    this.#place = undefined;
    this.#dispatchedAt = now;
    if (this.#deadlineAt === 0) {
      this.#deadlineAt = now + this.#limits.timeoutMs;
      const graceMs = this.#limits.watched ? DEADLINE_GRACE_MS : 0;
      this.#timer = setTimeout(() => this.fail(functionTimeout(this.entry.key, this.#limits)), this.#limits.timeoutMs + graceMs);
    }
    const attempt = new Attempt(this, instance);
    this.#attempt = attempt;
    const headers = this.#requestHeaders(Math.max(1, Math.ceil(this.#deadlineAt - now)));
    if (this.upgrading !== undefined) sendUpgrade(attempt, headers, this.upgrading);
    else if (this.#body instanceof StreamedBody) sendStreamed(attempt, headers, this.#body);
    else sendBuffered(attempt, headers, this.#body);
  }

  /** Whether a watcher answers, or the function's own container. */
  get watched(): boolean {
    return this.#limits.watched;
  }

  onNoSlot(error: PlatformError): void {
    this.#place = undefined;
    this.fail(error);
  }

  onAnswered(attempt: Attempt): void {
    try {
      attempt.reply.end();
    } catch (cause) {
      this.release(attempt);
      return this.fail(badResponse(this.entry.key, cause));
    }
    this.#finish(attempt.reply.status);
    this.release(attempt);
  }

  /** The connection is the function's now: its time limit and the count end here, the slot is held until the tunnel closes. */
  onTunnel(): void {
    this.#finish(101);
  }

  onFailed(attempt: Attempt, failure: Failure): void {
    if (failure.kind === 'broken') this.#brokenTries++;
    this.#judgeInstance(attempt.instance, failure);
    if (this.#body instanceof StreamedBody) this.#body.stop();
    this.release(attempt);
    const now = performance.now();
    if (failure.kind === 'broken' && now >= this.#deadlineAt - CLOCK_SLACK_MS) return this.fail(functionTimeout(this.entry.key, this.#limits));
    if (!this.#mayRetry(attempt, failure, this.#brokenTries) || (failure.kind !== 'broken' && now > this.#claimedAt + this.#limits.activationTimeoutMs)) {
      return this.fail(tryFailed(this.entry.key, failure));
    }
    if (failure.kind !== 'broken') {
      clearTimeout(this.#timer);
      this.#deadlineAt = 0;
    }
    this.avoid = attempt.instance;
    this.deps.retried(failure.kind);
    this.#claim(true);
  }

  /** The request cannot be put into HTTP/1.1 for an instance: no try helps. */
  onUnsendable(attempt: Attempt, cause: Error): void {
    this.release(attempt);
    this.fail(unsendable(cause));
  }

  wouldRetry(attempt: Attempt, failure: Failure): boolean {
    return performance.now() < this.#deadlineAt - CLOCK_SLACK_MS && this.#mayRetry(attempt, failure, this.#brokenTries + 1);
  }

  release(attempt: Attempt): void {
    this.deps.capacity.release(this.entry, attempt.instance);
  }

  /** What the gateway adds to an instance's answer. */
  replyHeaders(instance: Instance): string[] {
    instance.restMs = 0;
    const headers = [HEADERS.requestId, this.head.requestId];
    if (this.#claimedAt <= instance.announcedAt) {
      const timing = this.deps.coldStarts(instance, { startedAt: this.#claimedAt, dispatchedAt: this.#dispatchedAt, firstByteAt: performance.now() });
      if (timing !== undefined) headers.push(HEADERS.serverTiming, timing);
    }
    if (this.deps.draining()) headers.push('connection', 'close');
    return headers;
  }

  /** Answers with an error, or cuts the connection where an answer has begun. */
  fail(error: PlatformError): void {
    if (this.#done) return;
    this.#giveUp();
    if (this.deps.draining()) this.response.shouldKeepAlive = false;
    this.#finish(error.status);
    sendError(this.response, error, this.head.requestId);
  }

  #claim(again: boolean): void {
    if (!again) this.#claimedAt = performance.now();
    const instance = this.deps.capacity.take(this.entry, this.avoid);
    if (instance !== undefined) return this.onSlot(instance);
    const wholeWait = this.#claimedAt + this.#limits.activationTimeoutMs;
    try {
      this.#place = this.deps.capacity.wait(this.entry, this, this.#deadlineAt === 0 ? wholeWait : this.#deadlineAt, again);
    } catch (error) {
      this.fail(toPlatformError(error));
    }
  }

  #requestHeaders(remainingMs: number): string[] {
    const { headers } = this.head;
    const copy = headers.slice();
    copy.push(HEADERS.timeoutMs, String(remainingMs));
    for (const filter of this.deps.filters.beforeDispatch) filter(this.entry, this.head, copy);
    return copy;
  }

  #judgeInstance(instance: Instance, failure: Failure): void {
    const { capacity, suspect } = this.deps;
    if (failure.kind === 'broken') {
      if (failure.reason === FUNCTION_CRASHED) return;
      // Where one connection breaks all may, and an instance that fails at once has the least in flight: it would get every request.
      capacity.rest(this.entry, instance, 50, 1000);
      return suspect(instance, failure.reason);
    }
    if (failure.kind === 'unconnected') {
      capacity.rest(this.entry, instance, 100, 1000);
      return suspect(instance, failure.reason);
    }
    if (failure.code === 'EXECUTOR_RETIRED' && ++this.#retiredTries < 3) return;
    if (failure.code === 'NOT_SPECIALIZED' || failure.code === 'DRAINING') {
      capacity.rest(this.entry, instance, 50, 1000);
      return suspect(instance, failure.code);
    }
    capacity.rest(this.entry, instance, 1);
  }

  #mayRetry(attempt: Attempt, failure: Failure, brokenTries: number): boolean {
    return mayRetry({
      failure,
      method: this.head.method,
      policy: this.#limits.retry,
      replayable: !(this.#body instanceof StreamedBody) || this.#body.replayable,
      answered: attempt.reply.forwarded,
      brokenTries,
      enabled: this.deps.retries,
    });
  }

  #onClientGone(): void {
    if (this.#done) return;
    this.#giveUp();
    this.#finish(CLIENT_GONE);
  }

  #giveUp(): void {
    if (this.#place) this.deps.capacity.leave(this.entry, this.#place);
    this.#attempt?.cancel();
  }

  #finish(status: number): void {
    this.#done = true;
    clearTimeout(this.#timer);
    const now = performance.now();
    this.entry.tally.count(status, this.#startedAt, now);
    if (this.#body instanceof StreamedBody) this.#body.stop();
    if (!this.request.complete && this.upgrading === undefined) leaveBody(this.request);
    for (const filter of this.deps.filters.afterResponse) filter(this.entry, this.head, { status, durationMs: now - this.#startedAt });
  }
}

/** Reads what the client still sends, so that it sees the answer, but not for long. */
function leaveBody(request: IncomingMessage): void {
  request.resume();
  const timer = setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, LEFTOVER_MS);
  request.once('close', () => clearTimeout(timer));
}
