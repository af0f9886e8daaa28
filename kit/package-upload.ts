import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { json } from 'node:stream/consumers';
import { type ErrorBody, isErrorCode, PlatformError } from '../protocol/errors.ts';
import { ARTIFACT_PATHS } from '../protocol/names.ts';
import type { Package } from '../protocol/package.ts';

export interface ArtifactAddress {
  /** Base URL of the artifact service. */
  readonly url: string;
  /** The internal token. */
  readonly token: string;
  /** An open connection to it, such as a port-forward; it is used once. */
  readonly connection?: Duplex;
}

const IDLE_MS = 60_000;

/**
 * Stores a package in the artifact service. The service is asked first: of what it has, nothing is sent.
 * @throws PlatformError the service's own, or INTERNAL where it does not answer
 */
export function uploadPackage({ url, token, connection }: ArtifactAddress, { digest, bytes }: Package): Promise<'created' | 'present'> {
  const address = `${url.replace(/\/+$/, '')}${ARTIFACT_PATHS.packages}/${digest.replace('sha256:', '')}`;
  const headers = { authorization: `Bearer ${token}`, expect: '100-continue', 'content-length': bytes.length };
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => reject(new PlatformError('INTERNAL', `the package ${digest} could not be sent to ${url}: ${cause.message}`, { cause }));
    const through = connection ? { createConnection: () => connection } : { agent: false };
    const sending = request(address, { method: 'PUT', headers, timeout: IDLE_MS, ...through });
    sending.once('timeout', () => sending.destroy(new Error(`no answer for ${IDLE_MS} ms`)));
    sending.once('continue', () => sending.end(bytes));
    sending.once('error', fail);
    sending.once('response', (response) => {
      outcomeOf(response)
        .then(resolve, (error: Error) => (error instanceof PlatformError ? reject(error) : fail(error)))
        .finally(() => sending.destroy());
    });
    sending.flushHeaders();
  });
}

async function outcomeOf(response: IncomingMessage): Promise<'created' | 'present'> {
  const body = (await json(response)) as Partial<ErrorBody>;
  if (response.statusCode === 201) return 'created';
  if (response.statusCode === 200) return 'present';
  if (isErrorCode(body.code)) throw new PlatformError(body.code, String(body.message));
  throw new Error(`it answered ${response.statusCode}`);
}
