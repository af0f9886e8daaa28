import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { HEADER_PREFIX, HEADERS } from '../../protocol/names.ts';

/** Announced answers up to this are held until they are complete, so that an instance that dies in the middle can be replaced unseen. */
const HOLD_LIMIT_BYTES = 64 * 1024;
/** … but not longer than this, for functions that send slowly what they have announced. */
const HOLD_MS = 20;
/** Above this, copying costs more than it saves. */
const TEXT_LIMIT_BYTES = 8 * 1024;

/** Slows the instance down to the client's pace. */
export interface FlowControl {
  pause(): void;
  resume(): void;
}

/** Looks after replies that are held at the end of the event loop's turn: one immediate for all of them. */
export interface ReplyHolder {
  hold(reply: Reply): void;
}

export function createReplyHolder(): ReplyHolder {
  let held: Reply[] = [];
  const turnEnded = () => {
    const batch = held;
    held = [];
    for (const reply of batch) reply.onTurnEnd();
  };
  return {
    hold(reply) {
      if (held.length === 0) setImmediate(turnEnded);
      held.push(reply);
    },
  };
}

/**
 * One instance's answer on its way to the client. Its head waits for the rest of what arrived with it: a small answer goes out in one write,
 * a streamed one within the same turn of the event loop, and until then nothing has been promised.
 */
export class Reply {
  /** Bytes have gone to the client. */
  forwarded = false;
  status = 0;
  readonly #response: ServerResponse;
  readonly #headers: string[] = [];
  #announced = -1;
  #chunks: Buffer[] = [];
  #heldBytes = 0;
  #over = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** `extra`: headers of the gateway's own, name and value in turn. */
  begin(status: number, headers: IncomingHttpHeaders, extra: readonly string[], holder: ReplyHolder): void {
    this.status = status;
    const announced = headers['content-length'];
    if (announced !== undefined) this.#announced = Number(announced);
    const list = this.#headers;
    for (const name in headers) {
      if (isKept(name)) {
        const value = headers[name];
        if (typeof value === 'string') list.push(name, value);
        else for (const item of value ?? []) list.push(name, item);
      }
    }
    if (headers.connection !== undefined && headers.connection !== 'keep-alive' && headers.connection !== 'close') dropListed(list, headers.connection);
    for (const item of extra) list.push(item);
    holder.hold(this);
  }

  data(chunk: Buffer, flow: FlowControl): void {
    if (!this.forwarded) {
      this.#chunks.push(chunk);
      this.#heldBytes += chunk.length;
      if (this.#heldBytes > HOLD_LIMIT_BYTES) this.#forward();
      return;
    }
    if (!this.#response.write(chunk)) {
      flow.pause();
      this.#response.once('drain', () => flow.resume());
    }
  }

  /** The answer is complete. */
  end(): void {
    this.drop();
    if (this.forwarded) {
      this.#response.end();
      return;
    }
    this.forwarded = true;
    const [only, ...rest] = this.#chunks;
    if (this.#announced < 0 && only !== undefined) this.#headers.push('content-length', String(this.#heldBytes));
    this.#response.writeHead(this.status, this.#headers);
    if (only === undefined) this.#response.end();
    else endWith(this.#response, rest.length === 0 ? only : Buffer.concat(this.#chunks));
  }

  /** Nothing more comes of it. */
  drop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  onTurnEnd(): void {
    if (this.#over || this.forwarded) return;
    if (this.#announced < 0 || this.#announced > HOLD_LIMIT_BYTES) this.#forward();
    else this.#timer = setTimeout(() => this.#forward(), HOLD_MS);
  }

  #forward(): void {
    if (this.#over || this.forwarded) return;
    this.forwarded = true;
    try {
      this.#response.writeHead(this.status, this.#headers);
    } catch {
      // A head that HTTP cannot carry; the exchange sees the closed response.
      this.#response.destroy();
      return;
    }
    if (this.#chunks.length === 0) this.#response.flushHeaders();
    for (const chunk of this.#chunks) this.#response.write(chunk);
    this.#chunks = [];
  }
}

/** As Latin-1 text a small body joins the head in one string, which Node writes at half the cost of two buffers; every byte is one character of it. */
function endWith(response: ServerResponse, body: Buffer): void {
  if (body.length > TEXT_LIMIT_BYTES) response.end(body);
  else response.end(body.toString('latin1'), 'latin1');
}

/** End-to-end headers (RFC 9110 7.6.1); the request id is set by the gateway, and of `fibonacci-…` the client sees the error code alone. */
function isKept(name: string): boolean {
  switch (name) {
    case 'connection':
    case 'keep-alive':
    case 'proxy-connection':
    case 'transfer-encoding':
    case 'te':
    case 'trailer':
    case 'upgrade':
    case HEADERS.requestId:
      return false;
    default:
      return name.charCodeAt(0) !== 0x66 || name === HEADERS.error || !name.startsWith(HEADER_PREFIX);
  }
}

function dropListed(list: string[], connection: string): void {
  for (const listed of connection.toLowerCase().split(/[ \t]*,[ \t]*/)) {
    for (let index = list.length - 2; index >= 0; index -= 2) {
      if (list[index] === listed) list.splice(index, 2);
    }
  }
}
