import { createRequire } from 'node:module';
import type * as Undici from 'undici';

/**
 * What gateway and scaler use of undici, without its index: that also loads fetch, WebSocket, caches and mocks, and with them parts of Node.js that nothing here needs, 12 MB of memory in each process.
 * The paths are those of the very version that package.json names.
 */
const require = createRequire(import.meta.url);

export const Agent = require('undici/lib/dispatcher/agent.js') as typeof Undici.Agent;
export type Agent = Undici.Agent;
export const Pool = require('undici/lib/dispatcher/pool.js') as typeof Undici.Pool;
export type Pool = Undici.Pool;
export const errors = require('undici/lib/core/errors.js') as typeof Undici.errors;
export type ResponseData = Undici.Dispatcher.ResponseData;

export interface RequestOptions extends Partial<Omit<Undici.Dispatcher.RequestOptions, 'origin' | 'path'>> {
  readonly dispatcher: Undici.Dispatcher;
}

const send = require('undici/lib/api/api-request.js') as (this: Undici.Dispatcher, options: Undici.Dispatcher.RequestOptions) => Promise<ResponseData>;

/** One request, answered as soon as its head is there. @throws undici's errors */
export function request(url: string | URL, { dispatcher, method = 'GET', ...options }: RequestOptions): Promise<ResponseData> {
  const { origin, pathname, search } = new URL(url);
  return send.call(dispatcher, { ...options, origin, path: pathname + search, method });
}
