import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { S3mini, S3ServiceError } from 's3mini';
import { Agent, fetch as fetchWith, type RequestInit } from 'undici';
import { PlatformError } from '../protocol/errors.ts';
import { type BucketFailure, type BucketPlace, describeBucketFailure, isPassing } from './bucket-problem.ts';

/** Packages as objects `<prefix><hex>.pkg` of an S3-compatible server. Every operation throws PlatformError ARTIFACTS_UNAVAILABLE, with the reason and the way out. */
export interface Bucket {
  /** Undefined where there is none. */
  get(hex: string): Promise<BucketObject | undefined>;
  /** Whether there is one: the server is asked, each time. */
  has(hex: string): Promise<boolean>;
  /** The server is told the digest, and checks it. */
  put(hex: string, file: string, bytes: number): Promise<void>;
  /** Writes and reads a small object, for so long again and again. @param onFailure told each new reason */
  prove(waitMs: number, onFailure: (reason: string) => void): Promise<void>;
  close(): Promise<void>;
}

export interface BucketObject {
  /** As declared; absent where it is not. */
  readonly bytes?: number;
  readonly body: AsyncIterable<Uint8Array>;
  /** For who does not read it. */
  cancel(): Promise<void>;
}

export interface BucketOptions extends BucketPlace {
  readonly prefix: string;
  readonly pathStyle: boolean;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const CONNECT_TIMEOUT_MS = 3_000;
const ANSWER_TIMEOUT_MS = 30_000;
/** Waits before what failed in passing is tried again. */
const RETRY_MS = [200, 800];
const PROVE_INTERVAL_MS = 1_000;
const PROBE = 'fibonacci-probe';

export function createBucket(options: BucketOptions): Bucket {
  const agent = new Agent({ connect: { timeout: CONNECT_TIMEOUT_MS }, headersTimeout: ANSWER_TIMEOUT_MS, bodyTimeout: ANSWER_TIMEOUT_MS });
  // Signed for one host: a redirect leads nowhere.
  const send = (url: string, init: RequestInit) => fetchWith(url, { ...init, redirect: 'manual', duplex: 'half', dispatcher: agent });
  const { accessKeyId, secretAccessKey, region, prefix } = options;
  const s3 = new S3mini({ accessKeyId, secretAccessKey, region, endpoint: bucketUrl(options), fetch: send as unknown as typeof fetch });
  const key = (name: string) => `${prefix}${name}`;
  const unavailable = (failure: BucketFailure) => new PlatformError('ARTIFACTS_UNAVAILABLE', describeBucketFailure(failure, options));
  const attempt = <T>(operation: () => Promise<T>) => retried(operation, unavailable);
  const probe = async () => {
    await s3.putObject(key(PROBE), 'The artifact service may write here.', 'text/plain');
    await (await s3.getObjectRaw(key(PROBE))).text();
  };
  return {
    get: (hex) =>
      attempt(async () => {
        try {
          const { headers, body } = await s3.getObjectRaw(key(`${hex}.pkg`));
          const length = headers.get('content-length');
          const cancel = async () => void (await body?.cancel().catch(() => undefined));
          return { ...(length !== null && { bytes: Number(length) }), body: named(body ?? [], unavailable), cancel };
        } catch (error) {
          if (failureOf(error).code === 'NoSuchKey') return undefined;
          throw error;
        }
      }),
    has: (hex) => attempt(async () => (await s3.objectExists(key(`${hex}.pkg`))) === true),
    put: (hex, file, bytes) =>
      attempt(async () => {
        const checksum = { 'x-amz-checksum-sha256': Buffer.from(hex, 'hex').toString('base64') } as const;
        const source = createReadStream(file);
        try {
          await s3.putObject(key(`${hex}.pkg`), Readable.toWeb(source), 'application/octet-stream', undefined, checksum, bytes);
        } finally {
          // A request that failed leaves it open.
          source.destroy();
        }
      }),
    async prove(waitMs, onFailure) {
      const begun = performance.now();
      for (let last = ''; ; await sleep(PROVE_INTERVAL_MS)) {
        const failure = await probe().then(() => undefined, failureOf);
        if (!failure) return;
        const error = unavailable(failure);
        if (performance.now() - begun + PROVE_INTERVAL_MS > waitMs) throw error;
        if (error.message !== last) onFailure(error.message);
        last = error.message;
      }
    },
    close: () => agent.destroy(),
  };
}

/** Where the objects are, by one of S3's two styles. */
export function bucketUrl({ endpoint, bucket, pathStyle }: Pick<BucketOptions, 'endpoint' | 'bucket' | 'pathStyle'>): string {
  const url = new URL(endpoint);
  if (pathStyle) url.pathname = `${url.pathname.replace(/\/+$/, '')}/${bucket}`;
  else url.hostname = `${bucket}.${url.hostname}`;
  return url.href;
}

async function retried<T>(operation: () => Promise<T>, unavailable: (failure: BucketFailure) => PlatformError): Promise<T> {
  for (const wait of [...RETRY_MS, undefined]) {
    try {
      return await operation();
    } catch (error) {
      const failure = failureOf(error);
      if (wait === undefined || !isPassing(failure)) throw unavailable(failure);
      await sleep(wait);
    }
  }
  throw new Error('unreachable');
}

/** A body that breaks off says whose it was. */
async function* named(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  unavailable: (failure: BucketFailure) => PlatformError,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw unavailable(failureOf(error));
  }
}

/** s3mini's and undici's errors hold the request or the answer: only codes get on. */
function failureOf(error: unknown): BucketFailure {
  if (error instanceof S3ServiceError) {
    const { status, serviceCode, body = '' } = error;
    const code = serviceCode === undefined || serviceCode === 'Unknown' ? /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(body)?.[1] : serviceCode;
    return { status, ...(code !== undefined && { code }) };
  }
  // The last cause is the system's own.
  let at = error as NodeJS.ErrnoException;
  while (at.cause instanceof Error) at = at.cause;
  return { message: at.message, ...(typeof at.code === 'string' && { code: at.code }) };
}
