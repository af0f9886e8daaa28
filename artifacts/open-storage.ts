import type { Log } from '../kit/log.ts';
import type { ArtifactsConfig } from '../protocol/config.ts';
import { PlatformError } from '../protocol/errors.ts';
import { S3_ENDPOINT, S3_PREFIX } from '../protocol/s3-place.ts';
import { openBucketStorage } from './bucket-storage.ts';
import { openFolder } from './folder.ts';
import type { Storage } from './storage.ts';

export interface OpenStorageDeps {
  readonly config: ArtifactsConfig;
  readonly log: Log;
  readonly bucketWaitMs: number;
}

const MIB = 1024 * 1024;

/** The bucket that the configuration names, else its folder. @throws PlatformError CONFIG_INVALID, ARTIFACTS_UNAVAILABLE; Error where the folder cannot be used */
export async function openStorage({ config, log, bucketWaitMs }: OpenStorageDeps): Promise<Storage> {
  const problems = bucketProblems(config);
  if (problems.length > 0) throw new PlatformError('CONFIG_INVALID', `the configuration is not valid:\n  ${problems.join('\n  ')}`, { details: { problems } });
  const folder = await openFolder(config.dir, config.quotaMib * MIB);
  if (config.s3Endpoint === '') return folder;
  // Who has a volume does not load what it takes.
  const { createBucket } = await import('./bucket.ts');
  const bucket = createBucket({
    endpoint: config.s3Endpoint,
    bucket: config.s3Bucket,
    region: config.s3Region,
    prefix: config.s3Prefix,
    pathStyle: config.s3PathStyle === 'on',
    accessKeyId: config.s3AccessKeyId,
    secretAccessKey: config.s3SecretAccessKey,
  });
  try {
    await bucket.prove(bucketWaitMs, (reason) => log.warn('the bucket cannot be used yet', { reason }));
    return openBucketStorage(bucket, folder);
  } catch (error) {
    await bucket.close();
    throw error;
  }
}

const isEndpoint = (text: string) => new RegExp(S3_ENDPOINT).test(text) && URL.canParse(text);
/** A password is not told. */
const withoutUser = (text: string) => text.replace(/^.*@/s, '…@');

function bucketProblems(config: ArtifactsConfig): string[] {
  if (config.s3Endpoint === '') return [];
  const needed = { FIB_S3_BUCKET: config.s3Bucket, FIB_S3_ACCESS_KEY_ID: config.s3AccessKeyId, FIB_S3_SECRET_ACCESS_KEY: config.s3SecretAccessKey };
  const missing = Object.entries(needed).filter(([, value]) => value === '');
  return [
    ...(isEndpoint(config.s3Endpoint)
      ? []
      : [`FIB_S3_ENDPOINT=${withoutUser(config.s3Endpoint)} is no URL without user and query: write it as https://s3.example.com`]),
    ...(new RegExp(S3_PREFIX).test(config.s3Prefix)
      ? []
      : [`FIB_S3_PREFIX=${config.s3Prefix} is no beginning of keys: take letters, digits, dots, - and _ between slashes, and neither . nor .. alone`]),
    ...missing.map(([name]) => `${name} is required where FIB_S3_ENDPOINT is set`),
  ];
}
