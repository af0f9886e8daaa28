import { WatcherError } from '../watcher-error.ts';
import type { Invocation } from './invocation.ts';
import { hasBody, streamBody } from './request-body.ts';
import { bad, toHeaders } from './result.ts';
import { send } from './send.ts';

/**
 * The WHATWG request of an invocation (W7.1); its body streams. `onRead` is called when the body is first asked for.
 * @throws WatcherError BAD_REQUEST for what such a request cannot hold (a method like TRACE, a malformed Host)
 */
export function toRequest(invocation: Invocation, maxBodyBytes: number, onRead: () => void): Request {
  const { request } = invocation;
  const method = request.method ?? 'GET';
  const init: RequestInit & { duplex?: 'half' } = { method, headers: toWebHeaders(request.rawHeaders) };
  if (hasBody(request) && method !== 'GET' && method !== 'HEAD') {
    init.body = bodyStream(invocation, maxBodyBytes, onRead);
    init.duplex = 'half';
  }
  try {
    const made = new Request(new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`), init);
    // A signal that is passed in costs every request an abort controller, a listener and a finalizer, though hardly any handler looks at it.
    return Object.defineProperty(made, 'signal', { get: () => invocation.signal() });
  } catch {
    throw new WatcherError('BAD_REQUEST', 'the method, the Host header or the target is not one that a fetch handler can be given');
  }
}

/** @throws WatcherError FUNCTION_BAD_RESPONSE for what is no Response */
export async function sendResponse(invocation: Invocation, result: unknown): Promise<void> {
  if (!isResponse(result)) throw bad('a fetch handler gives a Response');
  if (result.status < 200 || result.status > 599) throw bad(`the status must be from 200 to 599, not ${result.status}`);
  const headers = toHeaders(Object.fromEntries(result.headers));
  const cookies = result.headers.getSetCookie();
  if (cookies.length > 0) headers['set-cookie'] = cookies;
  const body = result.body === null ? null : result.body[Symbol.asyncIterator]();
  // A Response says itself that the answer begins: its head does not wait for the first chunk.
  await send(invocation, { status: result.status, headers, body }, { headFirst: true });
}

function bodyStream(invocation: Invocation, maxBodyBytes: number, onRead: () => void): ReadableStream<Uint8Array> {
  const chunks = streamBody(invocation.request, maxBodyBytes, (error) => invocation.fail(error));
  let asked = false;
  return new ReadableStream(
    {
      async pull(controller) {
        if (!asked) onRead();
        asked = true;
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => void (await chunks.return(undefined)),
    },
    { highWaterMark: 0 },
  );
}

function toWebHeaders(raw: readonly string[]): Headers {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) pairs.push([raw[index] as string, raw[index + 1] as string]);
  return new Headers(pairs);
}

/** Also a Response of another implementation, such as a bundled undici. */
function isResponse(value: unknown): value is Response {
  const { status, headers, body } = (value ?? {}) as Partial<Response>;
  return Number.isInteger(status) && typeof headers?.getSetCookie === 'function' && (body === null || typeof body?.getReader === 'function');
}
