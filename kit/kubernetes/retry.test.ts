import { expect, test } from 'vitest';
import { type FailedRequest, retryDelayMs } from './retry.ts';

test.each<[string, Partial<FailedRequest>, number | undefined]>([
  ['429 with Retry-After', { status: 429, retryAfterMs: 2000 }, 2000],
  ['503 with Retry-After, also a write', { status: 503, retryAfterMs: 1000, method: 'PATCH' }, 1000],
  ['429 without Retry-After', { status: 429 }, undefined],
  ['500 with Retry-After: it may have been done', { status: 500, retryAfterMs: 1000 }, undefined],
  ['a wait of an hour', { status: 429, retryAfterMs: 3_600_000 }, undefined],
  ['the fourth attempt', { status: 429, retryAfterMs: 1000, attempt: 4 }, undefined],
  ['401: the credential may have changed', { status: 401 }, 0],
  ['401 again', { status: 401, attempt: 2 }, undefined],
  ['a read on a connection that was closed', { status: 0, code: 'UND_ERR_SOCKET' }, 0],
  ['a write on a connection that was closed', { status: 0, code: 'UND_ERR_SOCKET', method: 'POST' }, undefined],
  ['nobody listens', { status: 0, code: 'ECONNREFUSED' }, undefined],
  ['404', { status: 404 }, undefined],
])('%s', (_name, failed, delayMs) => {
  expect(retryDelayMs({ attempt: 1, status: 0, retryAfterMs: undefined, code: undefined, method: 'GET', ...failed })).toBe(delayMs);
});
