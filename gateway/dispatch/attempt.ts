import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { errors } from '../../kit/undici.ts';
import { HEADERS } from '../../protocol/names.ts';
import type { Instance } from '../capacity/instance.ts';
import type { Exchange } from './exchange.ts';
import { Reply } from './reply.ts';
import { type Failure, FUNCTION_CRASHED } from './retry.ts';

/** The part of undici's controller that attempts use; movers that are not undici bring their own. */
export type Controller = Pick<Dispatcher.DispatchController, 'pause' | 'resume' | 'abort'>;

/** One try of a request at one instance. It is undici's handler itself, so that a request costs no closure. */
export class Attempt {
  readonly exchange: Exchange;
  readonly instance: Instance;
  readonly reply: Reply;
  /** It came to its end, and gave its slot back. Whatever arrives later is ignored. */
  settled = false;
  #controller: Controller | undefined;

  constructor(exchange: Exchange, instance: Instance) {
    this.exchange = exchange;
    this.instance = instance;
    this.reply = new Reply(exchange.response);
  }

  /** The request is being written. */
  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.settled) controller.abort(new Error('cancelled'));
  }

  onResponseStart(_controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (this.settled || status < 200) return;
    // A function's own container has no say in what the platform made of it.
    if (!this.exchange.watched) delete headers[HEADERS.error];
    else if (headers[HEADERS.notStarted] === '1') return this.#fail({ kind: 'not-started', code: String(headers[HEADERS.error]) });
    if (status === 502 && headers[HEADERS.error] === FUNCTION_CRASHED) {
      const crash: Failure = { kind: 'broken', reason: FUNCTION_CRASHED };
      if (this.exchange.wouldRetry(this, crash)) return this.#fail(crash);
    }
    this.reply.begin(status, headers, this.exchange.replyHeaders(this.instance), this.exchange.deps.holder);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (!this.settled) this.reply.data(chunk, controller);
  }

  onResponseEnd(): void {
    if (this.settled) return;
    this.settled = true;
    this.exchange.onAnswered(this);
  }

  /** `controller` is null where undici refused before it queued the request. */
  onResponseError(_controller: Controller | null, error: Error): void {
    if (this.settled) return;
    if (error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError) {
      this.settled = true;
      return this.exchange.onUnsendable(this, error);
    }
    const reason = (error as NodeJS.ErrnoException).code ?? error.message;
    this.#fail(this.#controller === undefined ? { kind: 'unconnected', reason } : { kind: 'broken', reason });
  }

  /** Ends it from our side: the client left, or time is over. The slot is given back. */
  cancel(): void {
    if (this.settled) return;
    this.settled = true;
    this.reply.drop();
    this.#controller?.abort(new Error('cancelled'));
    this.exchange.release(this);
  }

  #fail(failure: Failure): void {
    this.settled = true;
    this.reply.drop();
    this.exchange.onFailed(this, failure);
  }
}
