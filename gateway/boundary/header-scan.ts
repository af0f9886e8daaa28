import { HEADERS } from '../../protocol/names.ts';
import { treatHeader } from './header-treatment.ts';
import { type Ids, isRequestId, isTraceparent } from './ids.ts';

const LIST_SEPARATOR = /[ \t]*,[ \t]*/;

/** One pass over a request's headers: what the gateway decides on, and the list that goes on to the instance. */
export class HeaderScan {
  /** End-to-end headers, name and value in turn. */
  readonly headers: string[] = [];
  /** The first thing that makes the request one to refuse. */
  problem: string | undefined;
  authority: string | undefined;
  /** -1: none given. */
  contentLength = -1;
  chunked = false;
  expectsContinue = false;
  requestId = '';
  #connection: string | undefined;
  #traceparent = '';
  #tracestate: string | undefined;
  #forwardedFor: string;
  #forwardedProto = 'http';
  #forwardedHost: string | undefined;

  /** `raw`: names and values in turn, as received. */
  constructor(raw: readonly string[], httpMinor: number, remoteAddress: string) {
    this.#forwardedFor = remoteAddress;
    for (let index = 0; index < raw.length; index += 2) this.#take(raw[index] as string, raw[index + 1] as string, httpMinor);
    if (this.authority === undefined && httpMinor === 1) this.problem ??= 'the request has no Host header: send one';
  }

  #take(name: string, value: string, httpMinor: number): void {
    switch (treatHeader(name)) {
      case 'pass':
        this.headers.push(name, value);
        break;
      case 'drop':
        break;
      case 'host':
        if (this.authority !== undefined) this.problem ??= 'the request has two Host headers: send one';
        this.authority = value;
        this.headers.push('host', value);
        break;
      case 'connection':
        this.#connection = joinValues(this.#connection, value);
        break;
      case 'contentLength':
        this.contentLength = Number(value);
        break;
      case 'transferEncoding':
        if (httpMinor === 0) this.problem ??= 'Transfer-Encoding does not exist in HTTP/1.0: send HTTP/1.1 or a Content-Length';
        this.chunked = true;
        break;
      case 'expect':
        this.expectsContinue = value.toLowerCase() === '100-continue';
        if (!this.expectsContinue) this.problem ??= `the expectation ${value.slice(0, 40)} is unknown: only 100-continue is`;
        break;
      default:
        this.#takeContext(name.toLowerCase(), value);
    }
  }

  #takeContext(name: string, value: string): void {
    if (name === HEADERS.requestId) this.requestId = value;
    else if (name === HEADERS.traceparent) this.#traceparent = value;
    else if (name === HEADERS.tracestate) this.#tracestate = joinValues(this.#tracestate, value);
    else if (name === 'x-forwarded-for') this.#forwardedFor = `${value}, ${this.#forwardedFor}`;
    else if (name === 'x-forwarded-proto') this.#forwardedProto = value;
    else this.#forwardedHost = value;
  }

  /** Completes the list: what Connection names goes; request id, trace context (continued, or begun) and `x-forwarded-*` come. */
  complete(ids: Ids): void {
    const connection = this.#connection;
    if (connection !== undefined && connection !== 'keep-alive' && connection !== 'close') dropListed(this.headers, connection);
    const own = isRequestId(this.requestId);
    if (!own) this.requestId = ids.trace();
    if (isTraceparent(this.#traceparent)) {
      this.headers.push(HEADERS.traceparent, this.#traceparent);
      if (this.#tracestate !== undefined) this.headers.push(HEADERS.tracestate, this.#tracestate);
    } else {
      this.headers.push(HEADERS.traceparent, `00-${own ? ids.trace() : this.requestId}-${ids.span()}-01`);
    }
    this.headers.push(HEADERS.requestId, this.requestId, 'x-forwarded-for', this.#forwardedFor, 'x-forwarded-proto', this.#forwardedProto);
    const host = this.#forwardedHost ?? this.authority;
    if (host !== undefined) this.headers.push('x-forwarded-host', host);
  }
}

function joinValues(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before},${value}`;
}

/** The Connection header names further hop-by-hop headers (RFC 9110 7.6.1); a client cannot take away those that decide who it is and what it asked for. */
function dropListed(headers: string[], connection: string): void {
  for (const listed of connection.toLowerCase().split(LIST_SEPARATOR)) {
    if (listed === 'host' || listed === 'authorization' || listed === 'cookie') continue;
    for (let index = headers.length - 2; index >= 0; index -= 2) {
      if (headers[index]?.toLowerCase() === listed) headers.splice(index, 2);
    }
  }
}
