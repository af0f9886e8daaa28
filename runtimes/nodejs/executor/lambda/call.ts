import type { Handler } from '../load.ts';
import type { LambdaContext } from './context.ts';

type Callback = (error?: unknown, result?: unknown) => void;

/**
 * Calls a handler in either of Lambda's two styles: what it returns is the result, or, where it declares three parameters and returns no promise, what it gives to its callback (W7.8).
 */
export async function callHandler(handler: Handler, event: unknown, context: LambdaContext): Promise<unknown> {
  if (handler.length < 3) return handler(event, context, () => undefined);
  return new Promise((resolve, reject) => {
    const callback: Callback = (error, result) => (error === undefined || error === null ? resolve(result) : reject(error));
    const returned = handler(event, context, callback);
    if (isPromise(returned)) returned.then(resolve, reject);
  });
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as Partial<PromiseLike<unknown>>).then === 'function';
}
