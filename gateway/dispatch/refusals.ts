import { isErrorCode, PlatformError } from '../../protocol/errors.ts';
import type { FunctionLimits } from '../functions/function-entry.ts';
import type { Failure } from './retry.ts';

/** What callers are told, by what went wrong. `key` is the function's `<namespace>/<name>`. */

export function functionNotFound(key: string): PlatformError {
  return new PlatformError('FUNCTION_NOT_FOUND', `there is no function ${key}: list them with fib ps`);
}

export function bodyTooLarge(key: string, { bodyLimitBytes }: FunctionLimits): PlatformError {
  return new PlatformError('BODY_TOO_LARGE', `the body is larger than the ${bodyLimitBytes} bytes that ${key} takes: send less, or raise bodyLimit`);
}

export function bodyTooSlow({ timeoutMs }: FunctionLimits): PlatformError {
  return new PlatformError('BAD_REQUEST', `the body did not arrive within ${timeoutMs} ms`);
}

export function upgradeWithBody(): PlatformError {
  return new PlatformError('BAD_REQUEST', 'a request that asks for another protocol has no body: leave out Content-Length and Transfer-Encoding');
}

export function unsendable(cause: Error): PlatformError {
  return new PlatformError('BAD_REQUEST', `the request cannot be passed on: ${cause.message}`, { cause });
}

export function functionTimeout(key: string, { timeoutMs }: FunctionLimits): PlatformError {
  return new PlatformError('FUNCTION_TIMEOUT', `${key} did not answer within ${timeoutMs} ms: make it faster, or raise timeout`);
}

export function badResponse(key: string, cause: unknown): PlatformError {
  return new PlatformError('FUNCTION_BAD_RESPONSE', `the answer of ${key} has a status or header that cannot be sent`, { cause });
}

/** A try that failed and may not be made again. */
export function tryFailed(key: string, failure: Failure): PlatformError {
  switch (failure.kind) {
    case 'not-started':
      return new PlatformError(
        isErrorCode(failure.code) ? failure.code : 'NO_CAPACITY',
        `an instance of ${key} refused the request (${failure.code}) before it began: try again`,
      );
    case 'unconnected':
      return new PlatformError('UPSTREAM_FAILED', `an instance of ${key} could not be reached (${failure.reason}); the request did not run`);
    case 'broken':
      return new PlatformError('UPSTREAM_FAILED', `the connection to an instance of ${key} broke (${failure.reason}); the request may have run`);
    default:
      return failure satisfies never;
  }
}
