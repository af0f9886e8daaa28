import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';

/** Bodies up to this are kept, so that they can be sent again. */
export const REPLAY_LIMIT_BYTES = 64 * 1024;

/** Reads a body that announced `length` bytes, at most the replay limit. `onComplete` is not called when the client goes away. */
export function collectBody(request: IncomingMessage, length: number, onComplete: (body: Buffer) => void): void {
  let whole: Buffer | undefined;
  let filled = 0;
  request.on('data', (chunk: Buffer) => {
    if (chunk.length === length) {
      whole = chunk;
      return;
    }
    whole ??= Buffer.allocUnsafe(length);
    filled += chunk.copy(whole, filled);
  });
  request.on('end', () => {
    if (whole) onComplete(whole);
  });
}

/** A body that is passed on as it comes. What was read is recorded until it exceeds the replay limit. */
export class StreamedBody {
  readonly length: number;
  readonly #request: IncomingMessage;
  readonly #limitBytes: number;
  readonly #onTooLarge: () => void;
  #recorded: Buffer[] = [];
  #received = 0;
  #ended = false;
  #sink: Writable | undefined;
  #listening = false;

  /** `length`: -1 where the client did not say. `onTooLarge` is called once more than `limitBytes` came. */
  constructor(request: IncomingMessage, length: number, limitBytes: number, onTooLarge: () => void) {
    this.#request = request;
    this.length = length;
    this.#limitBytes = limitBytes;
    this.#onTooLarge = onTooLarge;
  }

  /** All that was read can be sent again. */
  get replayable(): boolean {
    return this.#received <= REPLAY_LIMIT_BYTES;
  }

  /** Sends what is recorded, then the rest as it comes, no faster than the sink takes it. */
  feed(sink: Writable): void {
    this.#sink = sink;
    for (const chunk of this.#recorded) sink.write(chunk);
    if (this.#ended) {
      sink.end();
      return;
    }
    if (!this.#listening) this.#listen();
    this.#request.resume();
  }

  /** The sink takes no more; reading pauses. */
  stop(): void {
    this.#sink = undefined;
    if (!this.#ended) this.#request.pause();
  }

  #listen(): void {
    this.#listening = true;
    this.#request.on('data', (chunk: Buffer) => {
      this.#received += chunk.length;
      if (this.#received > this.#limitBytes) return this.#onTooLarge();
      if (this.replayable) this.#recorded.push(chunk);
      else this.#recorded = [];
      if (this.#sink?.write(chunk) === false) this.#waitForDrain(this.#sink);
    });
    this.#request.on('end', () => {
      this.#ended = true;
      this.#sink?.end();
    });
  }

  #waitForDrain(sink: Writable): void {
    this.#request.pause();
    sink.once('drain', () => {
      if (this.#sink === sink) this.#request.resume();
    });
  }
}
