import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import type { Instance } from '../capacity/instance.ts';
import type { Attempt, Controller } from './attempt.ts';
import type { StreamedBody } from './request-body.ts';

/** How long an instance may take to ask for a large body before it is sent unasked (RFC 9110 10.1.1). */
const CONTINUE_MS = 1000;

/** Moves a request with no body or a whole one, through undici. */
export function sendBuffered(attempt: Attempt, headers: string[], body: Buffer | null): void {
  const { method, target } = attempt.exchange.head;
  attempt.instance.pool.dispatch({ path: target, method: method as 'GET', headers, body }, attempt);
}

/**
 * Moves a request whose body is streamed: with `Expect: 100-continue` (which undici does not speak), so that a refusal comes before the body is touched,
 * and on a connection of its own, because one that was kept alive might be closed by the other side at this moment, after which nothing may be sent again.
 */
export function sendStreamed(attempt: Attempt, headers: string[], body: StreamedBody): void {
  const { exchange, instance } = attempt;
  const length = body.length < 0 ? ['transfer-encoding', 'chunked'] : ['content-length', String(body.length)];
  const request = httpRequest({
    agent: false,
    ...addressOf(instance),
    method: exchange.head.method,
    path: exchange.head.target,
    headers: [...headers, ...length, 'expect', '100-continue', 'connection', 'close'],
  });
  const controller = controllerOf(request);
  let fed = false;
  const feed = () => {
    clearTimeout(timer);
    if (fed || attempt.settled) return;
    fed = true;
    if (exchange.head.expectsContinue && !exchange.continued) {
      exchange.continued = true;
      exchange.response.writeContinue();
    }
    body.feed(request);
  };
  const timer = setTimeout(feed, CONTINUE_MS);
  request.on('socket', (socket) => socket.once('connect', () => attempt.onRequestStart(controller)));
  request.on('continue', feed);
  request.on('response', (response) => {
    clearTimeout(timer);
    receive(attempt, controller, request, response);
  });
  request.on('error', (error) => {
    clearTimeout(timer);
    attempt.onResponseError(controller, error);
  });
  request.flushHeaders();
}

/** Gives a `node:http` answer to an attempt, as undici would. */
export function receive(attempt: Attempt, controller: Controller, request: ClientRequest, response: IncomingMessage): void {
  controller.pause = () => void response.pause();
  controller.resume = () => void response.resume();
  attempt.onResponseStart(controller, response.statusCode ?? 502, response.headers);
  if (attempt.settled) return void request.destroy();
  response.on('data', (chunk: Buffer) => attempt.onResponseData(controller, chunk));
  response.on('end', () => {
    attempt.onResponseEnd();
    // The instance may have answered without the rest of the body.
    request.destroy();
  });
  response.on('error', (error) => attempt.onResponseError(controller, error));
}

export function controllerOf(request: ClientRequest): Controller {
  return { pause() {}, resume() {}, abort: (reason) => void request.destroy(reason) };
}

export function addressOf({ address }: Instance): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}
