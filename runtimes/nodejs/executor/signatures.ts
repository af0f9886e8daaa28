import type { LoadedFunction } from './load.ts';
import { toEvent } from './event.ts';
import { sendResponse, toRequest } from './fetch.ts';
import type { Invocation } from './invocation.ts';
import { checkLength, hasBody, readBody } from './request-body.ts';
import { toAnswer } from './result.ts';
import { send } from './send.ts';

const NO_BODY: Buffer = Buffer.alloc(0);

/** Takes an invocation to its end, whatever happens on the way. Never rejects. */
export type Invoke = (invocation: Invocation) => Promise<void>;

export function invokerOf(loaded: LoadedFunction, maxBodyBytes: number): Invoke {
  return loaded.signature === 'fetch' ? fetchInvoker(loaded.handler, maxBodyBytes) : eventInvoker(loaded.handler, maxBodyBytes);
}

function eventInvoker(handler: LoadedFunction['handler'], maxBodyBytes: number): Invoke {
  return async (invocation) => {
    const { request } = invocation;
    try {
      let body: Buffer = NO_BODY;
      if (hasBody(request)) {
        checkLength(request, maxBodyBytes);
        expectBody(invocation);
        body = await readBody(request, maxBodyBytes);
      }
      if (invocation.over) return;
      const event = toEvent({ id: invocation.requestId, method: invocation.method, url: request.url ?? '/', headers: request.headers, body });
      const result = await invocation.enter((context) => handler(event, context));
      if (invocation.over) return;
      const sending = send(invocation, toAnswer(result));
      if (sending) await sending;
      invocation.succeed();
    } catch (thrown) {
      invocation.fail(thrown);
    }
  };
}

function fetchInvoker(handler: LoadedFunction['handler'], maxBodyBytes: number): Invoke {
  return async (invocation) => {
    try {
      checkLength(invocation.request, maxBodyBytes);
      const request = toRequest(invocation, maxBodyBytes, () => expectBody(invocation));
      const response = await invocation.enter((context) => handler(request, context));
      if (invocation.over) return;
      await sendResponse(invocation, response);
      invocation.succeed();
    } catch (thrown) {
      invocation.fail(thrown);
    }
  };
}

/** A client that waits for `100 Continue` is told to go on only when the body is wanted (RFC 9110, 10.1.1). */
function expectBody({ request, response }: Invocation): void {
  if (request.headers.expect !== undefined && !response.headersSent) response.writeContinue();
}
