import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders, RequestListener, ServerResponse } from 'node:http';
import { HEADERS } from '../contract.ts';
import { DISCARD_BYTES } from '../refusal.ts';
import { WatcherError } from '../watcher-error.ts';
import type { Invocation } from './invocation.ts';
import { tooLarge } from './request-body.ts';
import { bad, isReserved } from './result.ts';

/** Functions Framework marks its answers to functions that failed with `crash` or `error`. */
const STATUS_HEADER = 'x-google-status';

/**
 * Lets a listener answer on the invocation's own response, with no copy between (W7.4, W7.6). What the law asks of answers is seen to as they go out: the response's methods are replaced on this one object, as
 * Express changes its prototype. Resolves at once; the invocation ends with the response.
 */
export async function listen(invocation: Invocation, listener: RequestListener, maxBodyBytes: number): Promise<void> {
  limitBody(invocation, maxBodyBytes);
  guardHead(invocation);
  watchEnd(invocation);
  await invocation.enter(() => listener(invocation.request, invocation.response));
}

/** 413 once the limit is passed (W5.6), whoever reads. */
function limitBody(invocation: Invocation, limitBytes: number): void {
  const { request } = invocation;
  const push = request.push.bind(request);
  let size = 0;
  request.push = (chunk: Buffer | null, encoding?: BufferEncoding): boolean => {
    size += chunk?.length ?? 0;
    if (chunk === null || size <= limitBytes) return push(chunk, encoding);
    invocation.fail(tooLarge(limitBytes));
    if (size > limitBytes + DISCARD_BYTES) request.socket.destroy();
    return true;
  };
}

/** The head goes out without what is the watcher's own, with the request's id, and with a length only if the body will have it. */
function guardHead(invocation: Invocation): void {
  const { response } = invocation;
  const writeHead = response.writeHead.bind(response);
  response.strictContentLength = true;
  response.writeHead = ((status: number, ...rest: unknown[]): ServerResponse => {
    const [message, headers] = typeof rest[0] === 'string' ? rest : [undefined, rest[0]];
    if (response.headersSent) return writeHead(status);
    if (!Number.isInteger(status) || status < 200 || status > 599) throw bad(`the status must be from 200 to 599, not ${status}`);
    setHeaders(response, headers as OutgoingHttpHeaders | OutgoingHttpHeader[] | undefined);
    const length = String(response.getHeader('content-length') ?? '');
    for (const name of response.getHeaderNames()) if (isReserved(name)) response.removeHeader(name);
    // Node checks a body against its length, but for the length 0.
    if (/^[1-9]\d{0,15}$/.test(length) && status !== 204 && status !== 304) response.setHeader('content-length', length);
    response.setHeader(HEADERS.requestId, invocation.requestId);
    invocation.begin();
    return message === undefined ? writeHead(status) : writeHead(status, message as string);
  }) as typeof response.writeHead;
}

function watchEnd(invocation: Invocation): void {
  const { response } = invocation;
  const own = { write: response.write.bind(response), end: response.end.bind(response) };
  const checked = <R>(send: () => R): R => {
    try {
      return send();
    } catch (error) {
      // A body that is not as long as announced: what has been sent of it cannot be mended.
      if (response.headersSent) invocation.fail(bad(error instanceof Error ? error.message : 'its body cannot be sent'));
      throw error;
    }
  };
  response.write = ((...args: Parameters<typeof own.write>) => checked(() => own.write(...args))) as typeof response.write;
  response.end = ((...args: Parameters<typeof own.end>) => {
    checked(() => own.end(...args));
    settle(invocation);
    return response;
  }) as typeof response.end;
  // The client has gone. Nobody knows when user code sees it; where it had begun to answer, that was its last word.
  response.once('close', () => response.headersSent && settle(invocation));
  invocation.onReclaim = () => {
    delete (response as Partial<ServerResponse>).writeHead;
    delete (response as Partial<ServerResponse>).end;
    delete (response as Partial<ServerResponse>).write;
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    // What user code still writes has nowhere to go.
    response.on('error', () => undefined);
  };
}

function settle(invocation: Invocation): void {
  const status = invocation.response.getHeader(STATUS_HEADER);
  if (status === undefined) invocation.succeed();
  else
    invocation.admitFailure(
      new WatcherError('FUNCTION_ERROR', `the function failed and its framework has answered (${STATUS_HEADER}: ${String(status).slice(0, 32)})`),
    );
}

function setHeaders(response: ServerResponse<IncomingMessage>, headers: OutgoingHttpHeaders | OutgoingHttpHeader[] | undefined): void {
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers ?? {})) if (value !== undefined) response.setHeader(name, value);
    return;
  }
  const pairs = Array.isArray(headers[0]) ? (headers as unknown as [string, string][]) : pairsOf(headers);
  for (const [name] of pairs) response.removeHeader(name);
  for (const [name, value] of pairs) response.appendHeader(name, value);
}

function pairsOf(flat: readonly OutgoingHttpHeader[]): [string, string][] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[String(name), String(flat[index + 1])] as [string, string]] : []));
}
