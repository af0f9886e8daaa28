import type { RequestListener } from 'node:http';
import type { LoadOrder } from '../messages.ts';
import { toEvent } from './event.ts';
import { sendResponse, toRequest } from './fetch.ts';
import type { Invocation } from './invocation.ts';
import { toLambdaAnswer } from './lambda/answer.ts';
import { callHandler } from './lambda/call.ts';
import { toLambdaContext } from './lambda/context.ts';
import { toLambdaEvent } from './lambda/event.ts';
import { listen } from './listener.ts';
import type { Handler, LoadedFunction } from './load.ts';
import { checkLength, hasBody, readBody } from './request-body.ts';
import { toAnswer, type Answer } from './result.ts';
import { send } from './send.ts';

const NO_BODY: Buffer = Buffer.alloc(0);

/** Takes an invocation to its end, whatever happens on the way. Never rejects. */
export type Invoke = (invocation: Invocation) => Promise<void>;

type Limits = Pick<LoadOrder, 'maxBodyBytes' | 'memoryLimitBytes'>;

export function invokerOf(loaded: LoadedFunction, limits: Limits): Invoke {
  const invoke = signatureOf(loaded, limits);
  return async (invocation) => {
    try {
      await invoke(invocation);
    } catch (thrown) {
      invocation.fail(thrown);
    }
  };
}

function signatureOf(loaded: LoadedFunction, limits: Limits): Invoke {
  switch (loaded.signature) {
    case 'event':
      return eventInvoker(loaded.handler, limits);
    case 'fetch':
      return fetchInvoker(loaded.handler, limits);
    case 'lambda':
      return lambdaInvoker(loaded.handler, limits);
    case 'framework':
      return listenerInvoker(loaded.listener, limits);
    default:
      return loaded satisfies never;
  }
}

function eventInvoker(handler: Handler, { maxBodyBytes }: Limits): Invoke {
  return async (invocation) => {
    const { request } = invocation;
    const body = await readWhole(invocation, maxBodyBytes);
    if (invocation.over) return;
    const event = toEvent({ id: invocation.requestId, method: invocation.method, url: request.url ?? '/', headers: request.headers, body });
    await finish(invocation, toAnswer, await invocation.enter((context) => handler(event, context)));
  };
}

function lambdaInvoker(handler: Handler, { maxBodyBytes, memoryLimitBytes }: Limits): Invoke {
  return async (invocation) => {
    const { request, requestId: id, method, startedAtMs: arrivedAtMs } = invocation;
    const body = await readWhole(invocation, maxBodyBytes);
    if (invocation.over) return;
    const { headers, url = '/', httpVersion } = request;
    const remoteAddress = request.socket.remoteAddress ?? '';
    const result = await invocation.enter((context) => {
      const event = toLambdaEvent({ id, method, url, httpVersion, headers, body, remoteAddress, arrivedAtMs, functionName: context.functionName });
      return callHandler(handler, event, toLambdaContext(context, memoryLimitBytes));
    });
    await finish(invocation, toLambdaAnswer, result);
  };
}

function fetchInvoker(handler: Handler, { maxBodyBytes }: Limits): Invoke {
  return async (invocation) => {
    checkLength(invocation.request, maxBodyBytes);
    const request = toRequest(invocation, maxBodyBytes, () => expectBody(invocation));
    const response = await invocation.enter((context) => handler(request, context));
    if (invocation.over) return;
    await sendResponse(invocation, response);
    invocation.succeed();
  };
}

function listenerInvoker(listener: RequestListener, { maxBodyBytes }: Limits): Invoke {
  return async (invocation) => {
    checkLength(invocation.request, maxBodyBytes);
    expectBody(invocation);
    await listen(invocation, listener, maxBodyBytes);
  };
}

async function finish(invocation: Invocation, convert: (result: unknown) => Answer, result: unknown): Promise<void> {
  if (invocation.over) return;
  const sending = send(invocation, convert(result));
  if (sending) await sending;
  invocation.succeed();
}

async function readWhole(invocation: Invocation, limitBytes: number): Promise<Buffer> {
  if (!hasBody(invocation.request)) return NO_BODY;
  checkLength(invocation.request, limitBytes);
  expectBody(invocation);
  return readBody(invocation.request, limitBytes);
}

/** A client that waits for `100 Continue` is told to go on only when the body is wanted (RFC 9110, 10.1.1). */
function expectBody({ request, response }: Invocation): void {
  if (request.headers.expect !== undefined && !response.headersSent) response.writeContinue();
}
