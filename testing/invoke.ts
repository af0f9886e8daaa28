import { PlatformError } from '../protocol/errors.ts';
import type { FunctionResource } from '../protocol/schema/resources.ts';
import { packageOf } from './synthesize.ts';
import { startFunction } from './watcher.ts';

/** One request to a function. */
export interface InvokeRequest {
  /** Path with query. @default '/' */
  readonly path?: string;
  /** @default - POST with a body, GET without */
  readonly method?: string;
  /** @default {} */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is. @default - no body */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** A JSON value, sent with its content type in place of `body`. @default - none */
  readonly json?: unknown;
}

export interface InvokeOptions {
  /** Values of the function's secrets by the name of their environment variable. @default {} */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Python interpreter for runtime python. @default - the variable FIB_PYTHON, else python3 */
  readonly python?: string;
}

/**
 * Runs a function once, in a real watcher of its runtime that is started for it and ended after it, and gives its answer. What it writes goes to no log.
 *
 * @example
 * const hello = synthesize(stack).object('Function', 'hello');
 * const response = await invoke(hello, { path: '/?name=Ada' });
 * expect(await response.json()).toEqual({ message: 'Hello, Ada!' });
 * @throws PlatformError LOAD_FAILED with file and line; SECRET_MISSING; RUNTIME_UNAVAILABLE
 */
export async function invoke(fn: FunctionResource, request: InvokeRequest = {}, options: InvokeOptions = {}): Promise<Response> {
  const running = await startFunction({
    fn,
    packageBytes: packageOf(fn),
    env: { ...fn.spec.env, ...secretEnv(fn, options.secrets ?? {}) },
    python: options.python,
  });
  try {
    const response = await fetch(running.url + (request.path ?? '/'), requestInit(request));
    const body = await response.arrayBuffer();
    const { status, headers } = response;
    return new Response([204, 304].includes(status) ? null : body, { status, headers });
  } finally {
    await running.close();
  }
}

function requestInit({ method, headers, body, json }: InvokeRequest): RequestInit {
  const content = json === undefined ? body : JSON.stringify(json);
  return {
    method: method ?? (content === undefined ? 'GET' : 'POST'),
    headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(content === undefined ? {} : { body: content }),
    redirect: 'manual',
  };
}

function secretEnv(fn: FunctionResource, values: Readonly<Record<string, string>>): Record<string, string> {
  const missing = fn.spec.secrets.filter(({ env }) => values[env] === undefined);
  if (missing.length > 0) {
    const names = missing.map(({ env }) => env).join(', ');
    throw new PlatformError('SECRET_MISSING', `${fn.metadata.name} needs values for ${names}: pass { secrets: { ${missing[0]?.env}: '…' } } to invoke`);
  }
  return Object.fromEntries(fn.spec.secrets.map(({ env }) => [env, values[env] ?? '']));
}
