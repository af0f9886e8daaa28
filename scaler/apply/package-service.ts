import { Agent, request } from '../../kit/undici.ts';
import { digestOf } from '../../protocol/digest.ts';
import { type ErrorBody, isErrorCode, PlatformError } from '../../protocol/errors.ts';
import { ARTIFACT_PATHS } from '../../protocol/names.ts';
import { MAX_PACKAGE_BYTES } from '../../protocol/package.ts';
import type { ReadPackage } from './packages.ts';

const CONNECT_TIMEOUT_MS = 3_000;
/** It may have to bring the whole package from a bucket first. */
const HEADERS_TIMEOUT_MS = 30_000;
const BODY_TIMEOUT_MS = 10_000;
const MAX_REASON_BYTES = 16_384;

/** Packages from the artifact service at `url`, whatever the namespace. */
export function readPackageService(url: string): ReadPackage {
  const agent = new Agent({ connect: { timeout: CONNECT_TIMEOUT_MS } });
  return async (_namespace, digest) => {
    const address = `${url.replace(/\/+$/, '')}${ARTIFACT_PATHS.packages}/${digest.replace('sha256:', '')}`;
    const bytes = await download(agent, address).catch((cause: Error) => {
      if (cause instanceof PlatformError) throw cause;
      throw new PlatformError('INTERNAL', `the package ${digest} could not be read from ${url}: ${cause.message}`, { cause });
    });
    if (bytes === undefined)
      throw new PlatformError('PACKAGE_INVALID', `the package ${digest} is missing: ${url} has none of that digest; deploy the function again`);
    if (digestOf(bytes) === digest) return bytes;
    throw new PlatformError('PACKAGE_INVALID', `the package ${digest} has other content than its digest says: deploy the function again`);
  };
}

/** Packages from the first source that has them. What is missing everywhere is told by the last one. */
export function readPackageFromFirst(sources: readonly ReadPackage[]): ReadPackage {
  return async (namespace, digest) => {
    let missing: unknown;
    for (const read of sources) {
      try {
        return await read(namespace, digest);
      } catch (error) {
        if (!(error instanceof PlatformError) || error.code !== 'PACKAGE_INVALID') throw error;
        missing = error;
      }
    }
    throw missing;
  };
}

/** Undefined where there is none. */
async function download(dispatcher: Agent, address: string): Promise<Uint8Array | undefined> {
  const { statusCode, body } = await request(address, { dispatcher, headersTimeout: HEADERS_TIMEOUT_MS, bodyTimeout: BODY_TIMEOUT_MS });
  if (statusCode !== 200) {
    const reason = await reasonOf(body);
    if (statusCode === 404) return undefined;
    if (reason?.code === 'PACKAGE_INVALID') throw new PlatformError('PACKAGE_INVALID', reason.message);
    throw new Error(`it answered ${statusCode}${reason ? ` ${reason.code}: ${reason.message}` : ''}`);
  }
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    total += chunk.length;
    // Leaving the loop ends the connection.
    if (total > MAX_PACKAGE_BYTES) throw new Error(`it sent more than ${MAX_PACKAGE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, total);
}

/** What the service says of a failure; undefined where somebody else answered. */
async function reasonOf(body: AsyncIterable<Buffer>): Promise<{ code: string; message: string } | undefined> {
  let text = '';
  for await (const chunk of body) {
    text += chunk.toString('utf8');
    if (text.length > MAX_REASON_BYTES) return undefined;
  }
  try {
    const { code, message } = JSON.parse(text) as Partial<ErrorBody>;
    return isErrorCode(code) ? { code, message: String(message) } : undefined;
  } catch {
    return undefined;
  }
}
