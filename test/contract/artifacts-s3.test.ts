import { randomBytes } from 'node:crypto';
import dns from 'node:dns';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Artifacts, createArtifacts } from '../../artifacts/artifacts.ts';
import { createBucket } from '../../artifacts/bucket.ts';
import { parseConfig } from '../../kit/config.ts';
import type { Log } from '../../kit/log.ts';
import { uploadPackage } from '../../kit/package-upload.ts';
import { type ArtifactsConfig, artifactsConfig } from '../../protocol/config.ts';
import { digestOf } from '../../protocol/digest.ts';
import { MAX_PACKAGE_BYTES } from '../../protocol/package.ts';
import { readPackageService } from '../../scaler/apply/package-service.ts';
import { freePort } from '../free-port.ts';
import { type S3Server, startS3Server } from './artifacts-world/s3-server.ts';

const TOKEN = 'internal';
const BUCKET = 'packages';
const MIB = 1024 * 1024;

let s3: S3Server;
let services: Artifacts[];
let dirs: string[];
let logged: unknown[];

// It may have to be built.
beforeAll(async () => {
  s3 = await startS3Server();
}, 900_000);
afterAll(() => s3.close());
beforeEach(() => {
  [services, dirs, logged] = [[], [], []];
  s3.makeBucket(BUCKET);
});
afterEach(async () => {
  await Promise.all(services.map((service) => service.close()));
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  s3.removeBucket(BUCKET);
  // Whatever went wrong, nobody reads the keys in the log.
  expect(inspect(logged, { depth: 9 })).not.toMatch(new RegExp(`${s3.secretAccessKey.replaceAll('+', '\\+')}|${s3.accessKeyId}`));
});

const keep = (msg: string, fields?: object) => void logged.push([msg, fields]);
const log: Log = { debug: keep, info: keep, warn: keep, error: keep };

/** A replica of the service, with a disk of its own. */
async function start(config: Partial<ArtifactsConfig> = {}, bucketWaitMs = 0): Promise<Artifacts> {
  const dir = mkdtempSync(join(tmpdir(), 'fib-artifacts-s3-'));
  dirs.push(dir);
  const whole: ArtifactsConfig = {
    ...{ ...parseConfig(artifactsConfig, { FIB_ARTIFACTS_DIR: dir }), port: 0, internalToken: TOKEN, quotaMib: 256 },
    ...{ s3Endpoint: s3.endpoint, s3Bucket: BUCKET, s3Region: s3.region, s3Prefix: 'fib/', s3PathStyle: 'on' },
    ...{ s3AccessKeyId: s3.accessKeyId, s3SecretAccessKey: s3.secretAccessKey },
    ...config,
  };
  const service = await createArtifacts({ config: whole, log, bucketWaitMs });
  services.push(service);
  return service;
}

const hexOf = (bytes: Uint8Array) => digestOf(bytes).replace('sha256:', '');
const keyOf = (bytes: Uint8Array) => `fib/${hexOf(bytes)}.pkg`;
const at = ({ url }: Artifacts, bytes: Uint8Array) => `${url}/v1/packages/${hexOf(bytes)}`;
const put = (service: Artifacts, bytes: Uint8Array) =>
  fetch(at(service, bytes), { method: 'PUT', headers: { authorization: `Bearer ${TOKEN}` }, body: new Uint8Array(bytes) });
const get = (service: Artifacts, bytes: Uint8Array) => fetch(at(service, bytes));
/** Of this process. */
const openFiles = (dir: string) =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)].filter((path) => path.startsWith(dir));
    } catch {
      return [];
    }
  });
const codeOf = async (answer: Response) => [answer.status, ((await answer.json()) as { code: string }).code];

describe('a package in a bucket', () => {
  const bytes = randomBytes(3 * MIB);

  it('is there under its digest, as it was sent, and had by who knows that', async () => {
    const service = await start();
    const stored = await put(service, bytes);
    expect([stored.status, await stored.json()]).toEqual([201, { digest: digestOf(bytes) }]);
    expect(s3.keys(BUCKET)).toEqual([keyOf(bytes)]);
    expect(digestOf(s3.read(BUCKET, keyOf(bytes)))).toBe(digestOf(bytes));
    expect(digestOf(new Uint8Array(await (await get(service, bytes)).arrayBuffer()))).toBe(digestOf(bytes));
    expect((await get(service, randomBytes(9))).status).toBe(404);
  });

  it('that one replica took is had from the others, and not sent again', async () => {
    const [one, other] = [await start(), await start()];
    await put(one, bytes);
    const head = await fetch(at(other, bytes), { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
    expect(await uploadPackage({ url: other.url, token: TOKEN }, { digest: digestOf(bytes), bytes })).toBe('present');
    expect(digestOf(await readPackageService(other.url)('any', digestOf(bytes)))).toBe(digestOf(bytes));
  });

  it('that somebody removed from the bucket is there again once it is deployed, although a replica has it', async () => {
    const service = await start();
    await put(service, bytes);
    s3.remove(BUCKET, keyOf(bytes));
    expect(digestOf(new Uint8Array(await (await get(service, bytes)).arrayBuffer()))).toBe(digestOf(bytes));
    const deploy = () => uploadPackage({ url: service.url, token: TOKEN }, { digest: digestOf(bytes), bytes });
    expect([await deploy(), await deploy()]).toEqual(['created', 'present']);
    expect(digestOf(s3.read(BUCKET, keyOf(bytes)))).toBe(digestOf(bytes));
  });

  it('is had by many who ask a replica at once', async () => {
    await put(await start(), bytes);
    const other = await start();
    const answers = await Promise.all(Array.from({ length: 20 }, async () => new Uint8Array(await (await get(other, bytes)).arrayBuffer())));
    expect(new Set(answers.map(digestOf))).toEqual(new Set([digestOf(bytes)]));
    expect(readdirSync(dirs[1] ?? '')).toEqual([`${hexOf(bytes)}.pkg`]);
  });

  it('may be one of more than the disk holds', async () => {
    const service = await start({ quotaMib: 2 });
    const all = Array.from({ length: 5 }, () => randomBytes(MIB));
    for (const one of all) expect((await put(service, one)).status).toBe(201);
    for (const one of all) expect(digestOf(new Uint8Array(await (await get(service, one)).arrayBuffer()))).toBe(digestOf(one));
    expect(readdirSync(dirs[0] ?? '').length).toBeLessThanOrEqual(2);
    expect(s3.keys(BUCKET).length).toBe(5);
  });
});

it('a bucket whose name stands before the host name is used as well', async () => {
  const { lookup } = dns;
  // No name of the test leaves the machine.
  const local = ((host: string, ...rest: [never, never]) => lookup(host === `${BUCKET}.localhost` ? '127.0.0.1' : host, ...rest)) as typeof lookup;
  const names = vi.spyOn(dns, 'lookup').mockImplementation(local);
  try {
    const bytes = randomBytes(1000);
    const service = await start({ s3Endpoint: s3.endpoint.replace('127.0.0.1', 'localhost'), s3PathStyle: 'off' });
    expect((await put(service, bytes)).status).toBe(201);
    expect(s3.keys(BUCKET)).toEqual([keyOf(bytes)]);
    expect(names).toHaveBeenCalledWith(`${BUCKET}.localhost`, expect.anything(), expect.anything());
  } finally {
    names.mockRestore();
  }
});

describe('a bucket that lies', () => {
  const bytes = randomBytes(MIB);

  it.each([
    ['other bytes', () => Buffer.from(bytes).fill(0, 0, 9)],
    ['fewer bytes', () => bytes.subarray(1)],
    ['more than a package may have', () => Buffer.alloc(MAX_PACKAGE_BYTES + 1)],
  ])('about a package (%s): nobody gets a byte of that, and sending the package again repairs it', async (_, wrong) => {
    await put(await start(), bytes);
    s3.damage(BUCKET, keyOf(bytes), wrong());
    const service = await start();
    const answer = await get(service, bytes);
    expect([answer.status, await answer.json()]).toEqual([
      502,
      expect.objectContaining({ code: 'PACKAGE_INVALID', message: expect.stringMatching(/is something else.*deploy the function again/) }),
    ]);
    expect(readdirSync(dirs[1] ?? '')).toEqual([]);
    await expect(readPackageService(service.url)('any', digestOf(bytes))).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: expect.stringContaining('deploy the function again'),
    });
    expect((await fetch(at(service, bytes), { method: 'HEAD' })).status).toBe(502);
    expect((await put(service, bytes)).status).toBe(201);
    expect(digestOf(s3.read(BUCKET, keyOf(bytes)))).toBe(digestOf(bytes));
    expect(digestOf(new Uint8Array(await (await get(await start(), bytes)).arrayBuffer()))).toBe(digestOf(bytes));
  });

  it('is asked again by who would have to send: bytes of another digest never get there', async () => {
    const service = await start();
    const answer = await fetch(at(service, randomBytes(5)), { method: 'PUT', headers: { authorization: `Bearer ${TOKEN}` }, body: new Uint8Array(bytes) });
    expect(await codeOf(answer)).toEqual([422, 'DIGEST_MISMATCH']);
    expect(s3.keys(BUCKET)).toEqual([]);
  });
});

describe('a bucket that cannot be used', () => {
  const bytes = randomBytes(200_000);

  it.each<[string, Partial<ArtifactsConfig>, RegExp]>([
    ['is not there', { s3Bucket: 'other' }, /bucket "other" at http.* is not there \(404 NoSuchBucket\): make it/],
    ['knows no such key', { s3AccessKeyId: 'SOMEBODYELSE' }, /does not know these credentials.*correct the Secret/],
    ['got a wrong secret', { s3SecretAccessKey: 'wrong' }, /does not know these credentials \(403 SignatureDoesNotMatch\): correct the Secret/],
    ['is in another region', { s3Region: 'mars-1' }, /is not in region "mars-1".*correct artifacts\.s3\.region/],
  ])('(%s) is a reason not to start, told with the way out', async (_, config, text) => {
    await expect(start(config)).rejects.toMatchObject({ code: 'ARTIFACTS_UNAVAILABLE', message: expect.stringMatching(text) });
  });

  it('(nobody listens at its endpoint) neither', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    await expect(start({ s3Endpoint: nobody })).rejects.toMatchObject({
      code: 'ARTIFACTS_UNAVAILABLE',
      message: expect.stringMatching(/is not reached \(connect ECONNREFUSED .*network policies/),
    });
  });

  it('(half of the settings is missing) is a wrong configuration', async () => {
    await expect(start({ s3Bucket: '', s3SecretAccessKey: '' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/FIB_S3_BUCKET is required[^]*FIB_S3_SECRET_ACCESS_KEY is required/),
    });
  });

  it.each<[string, Partial<ArtifactsConfig>, RegExp]>([
    ['no scheme', { s3Endpoint: 'minio:9000' }, /FIB_S3_ENDPOINT=minio:9000 is no URL/],
    ['a password', { s3Endpoint: 'https://user:hunter2@host' }, /FIB_S3_ENDPOINT=…@host is no URL without user/],
    ['a prefix that leads elsewhere', { s3Prefix: 'fib/../other/' }, /FIB_S3_PREFIX=fib\/\.\.\/other\/ /],
    ['a prefix that leads nowhere', { s3Prefix: 'fib/./' }, /FIB_S3_PREFIX=fib\/\.\/ /],
  ])('(it is said with %s) is a wrong configuration', async (_, config, text) => {
    await expect(start(config)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(text) });
    await expect(start({ s3Prefix: 'fib/v1..2/.x/' })).resolves.toBeDefined();
  });

  it('is waited for at the start', async () => {
    s3.removeBucket(BUCKET);
    const starting = start({}, 20_000);
    await expect.poll(() => logged).toEqual([['the bucket cannot be used yet', { reason: expect.stringContaining('NoSuchBucket') }]]);
    s3.makeBucket(BUCKET);
    expect((await put(await starting, bytes)).status).toBe(201);
  });

  it('later on: who uploads is told why, what is here is still had, and all works when it is back', async () => {
    const service = await start();
    const kept = randomBytes(1000);
    await put(service, kept);
    await s3.stop();
    await expect(uploadPackage({ url: service.url, token: TOKEN }, { digest: digestOf(bytes), bytes })).rejects.toMatchObject({
      code: 'ARTIFACTS_UNAVAILABLE',
      message: expect.stringMatching(/bucket "packages" at http.* is not reached/),
    });
    const missing = await get(service, bytes);
    expect([missing.headers.get('retry-after'), await codeOf(missing)]).toEqual(['1', [503, 'ARTIFACTS_UNAVAILABLE']]);
    await expect(readPackageService(service.url)('any', digestOf(bytes))).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringMatching(/503 ARTIFACTS_UNAVAILABLE: bucket "packages" .* is not reached/),
    });
    expect([(await get(service, kept)).status, (await fetch(`${service.url}/_/ready`)).status]).toEqual([200, 200]);
    expect(logged).toContainEqual(['the storage failed', expect.objectContaining({ code: 'ARTIFACTS_UNAVAILABLE' })]);
    await s3.start();
    expect((await put(service, bytes)).status).toBe(201);
  });

  it('leaves no file open where it takes none', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'fib-artifacts-s3-'));
    dirs.push(dir);
    const file = join(dir, 'upload');
    writeFileSync(file, bytes);
    const place = { endpoint: s3.endpoint, bucket: 'other', region: s3.region, prefix: '', pathStyle: true };
    for (const endpoint of [s3.endpoint, `http://127.0.0.1:${await freePort()}`]) {
      const bucket = createBucket({ ...place, endpoint, accessKeyId: s3.accessKeyId, secretAccessKey: s3.secretAccessKey });
      await expect(bucket.put(hexOf(bytes), file, bytes.length)).rejects.toMatchObject({ code: 'ARTIFACTS_UNAVAILABLE' });
      await bucket.close();
    }
    await expect.poll(() => openFiles(dir)).toEqual([]);
  });

  it('since somebody removed it: who uploads is told that', async () => {
    const service = await start();
    s3.removeBucket(BUCKET);
    const answer = await put(service, bytes);
    expect([answer.status, await answer.json()]).toEqual([
      503,
      expect.objectContaining({ message: expect.stringContaining('make it, or correct artifacts.s3.bucket') }),
    ]);
    s3.makeBucket(BUCKET);
  });
});
