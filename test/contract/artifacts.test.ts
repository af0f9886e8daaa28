import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Artifacts, createArtifacts } from '../../artifacts/artifacts.ts';
import { parseConfig } from '../../kit/config.ts';
import { silentLog } from '../../kit/log.ts';
import { uploadPackage } from '../../kit/package-upload.ts';
import { createHttpServer, serve } from '../../kit/serve.ts';
import { artifactsConfig } from '../../protocol/config.ts';
import { digestOf } from '../../protocol/digest.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { MAX_PACKAGE_BYTES } from '../../protocol/package.ts';
import { readPackageFromFirst, readPackageService } from '../../scaler/apply/package-service.ts';

const TOKEN = 'internal';
const MIB = 1024 * 1024;

let dir: string;
let service: Artifacts;
const defaults = (folder: string) => ({ ...parseConfig(artifactsConfig, { FIB_ARTIFACTS_DIR: folder }), port: 0, internalToken: TOKEN });
const start = async (config: { quotaMib?: number; internalToken?: string } = {}, uploadIdleMs = 30_000) => {
  const whole = { ...defaults(dir), quotaMib: 16, ...config };
  return (service = await createArtifacts({ config: whole, log: silentLog, uploadIdleMs }));
};
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fib-artifacts-'));
  await start();
});
afterEach(async () => {
  await service.close();
  rmSync(dir, { recursive: true, force: true });
});

const hexOf = (bytes: Uint8Array) => digestOf(bytes).replace('sha256:', '');
const at = (hex: string) => `${service.url}/v1/packages/${hex}`;
const put = (bytes: Uint8Array, { hex = hexOf(bytes), authorization = `Bearer ${TOKEN}` } = {}) =>
  fetch(at(hex), { method: 'PUT', headers: authorization === '' ? {} : { authorization }, body: new Uint8Array(bytes) });
const metric = async (name: string) => Number(new RegExp(`^${name}(?:\\{\\})? (\\d+)$`, 'm').exec(await (await fetch(`${service.url}/metrics`)).text())?.[1]);

/** An upload whose bytes come when the test says so. */
function slowPut(hex: string, length: number): ClientRequest {
  const sending = request(at(hex), { method: 'PUT', headers: { authorization: `Bearer ${TOKEN}`, 'content-length': length } });
  sending.on('error', () => undefined);
  sending.flushHeaders();
  return sending;
}

describe('a package in the artifact service', () => {
  const bytes = randomBytes(3 * MIB);

  it('is had by who knows its digest, as it was sent', async () => {
    const stored = await put(bytes);
    expect([stored.status, await stored.json()]).toEqual([201, { digest: digestOf(bytes) }]);
    const got = await fetch(at(hexOf(bytes)));
    expect([got.status, got.headers.get('content-length'), got.headers.get('cache-control')]).toEqual([
      200,
      String(bytes.length),
      expect.stringContaining('immutable'),
    ]);
    expect(digestOf(new Uint8Array(await got.arrayBuffer()))).toBe(digestOf(bytes));
    const head = await fetch(at(hexOf(bytes)), { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
  });

  it('that is there is not stored again', async () => {
    await put(bytes);
    expect((await put(bytes)).status).toBe(200);
    expect(await metric('fibonacci_artifact_packages')).toBe(1);
  });

  it('may come from many at once, and counts once', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => put(bytes)));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect([await metric('fibonacci_artifact_packages'), await metric('fibonacci_artifact_bytes')]).toEqual([1, bytes.length]);
    expect(readdirSync(dir)).toEqual([`${hexOf(bytes)}.pkg`]);
  });

  it('outlives the process; what a killed one left half written does not', async () => {
    await put(bytes);
    await service.close();
    writeFileSync(join(dir, 'upload-left'), 'half');
    writeFileSync(join(dir, 'notes.txt'), 'somebody’s');
    await start();
    expect((await fetch(at(hexOf(bytes)))).status).toBe(200);
    expect(readdirSync(dir).sort()).toEqual([`${hexOf(bytes)}.pkg`, 'notes.txt'].sort());
    expect(await metric('fibonacci_artifact_bytes')).toBe(bytes.length);
  });

  it('that the disk damaged is repaired by sending it again', async () => {
    await put(bytes);
    const file = join(dir, `${hexOf(bytes)}.pkg`);
    writeFileSync(file, Buffer.from(bytes).fill(0, 0, 1));
    expect((await put(bytes)).status).toBe(201);
    expect(digestOf(readFileSync(file))).toBe(digestOf(bytes));
  });
});

describe('the artifact service refuses', () => {
  const bytes = randomBytes(1024);
  const hex = hexOf(bytes);
  const nothingStored = () => expect(readdirSync(dir)).toEqual([]);

  it.each([
    ['no token', ''],
    ['a wrong token', 'Bearer wrong'],
    ['another scheme', `Basic ${TOKEN}`],
    ['an empty token', 'Bearer '],
  ])('to store with %s', async (_, authorization) => {
    const answer = await put(bytes, { authorization });
    expect([answer.status, await answer.json()]).toEqual([401, expect.objectContaining({ code: 'TOKEN_INVALID' })]);
    nothingStored();
  });

  it('every write where it has no token', async () => {
    await service.close();
    await start({ internalToken: '' });
    expect((await put(bytes, { authorization: 'Bearer ' })).status).toBe(401);
    nothingStored();
  });

  it('bytes of another digest', async () => {
    const answer = await put(bytes, { hex: 'a'.repeat(64) });
    expect([answer.status, await answer.json()]).toEqual([422, expect.objectContaining({ code: 'DIGEST_MISMATCH', message: expect.stringContaining(hex) })]);
    expect((await fetch(at('a'.repeat(64)))).status).toBe(404);
    nothingStored();
  });

  it('more than 64 MiB, without reading it', async () => {
    const sending = slowPut(hex, MAX_PACKAGE_BYTES + 1);
    const answer = await new Promise<IncomingMessage>((resolve) => sending.once('response', resolve));
    sending.destroy();
    expect(answer.statusCode).toBe(413);
    nothingStored();
  });

  it('a body of unknown length', async () => {
    const body = new ReadableStream({ start: (controller) => (controller.enqueue(bytes), controller.close()) });
    const answer = await fetch(at(hex), { method: 'PUT', headers: { authorization: `Bearer ${TOKEN}` }, body, duplex: 'half' } as RequestInit);
    expect(answer.status).toBe(400);
    nothingStored();
  });

  it('what there is no room for, and gives room back that was not used', async () => {
    await service.close();
    await start({ quotaMib: 1 });
    const large = randomBytes(700_000);
    expect((await put(large, { hex: 'b'.repeat(64) })).status).toBe(422);
    expect((await put(large)).status).toBe(201);
    const full = await put(randomBytes(700_000));
    expect([full.status, await full.json()]).toEqual([507, expect.objectContaining({ code: 'ARTIFACTS_FULL' })]);
    expect((await put(bytes)).status).toBe(201);
  });

  it.each([
    ['upper case', `/v1/packages/${'A'.repeat(64)}`],
    ['too short a digest', `/v1/packages/${'a'.repeat(63)}`],
    ['too long a digest', `/v1/packages/${'a'.repeat(65)}`],
    ['a query', `/v1/packages/${'a'.repeat(64)}?x=1`],
    ['a way out of the folder', '/v1/packages/../../../../etc/passwd'],
    ['an encoded way out', `/v1/packages/%2e%2e%2f${'a'.repeat(64)}`],
    ['a file name', `/v1/packages/${'a'.repeat(64)}.pkg`],
    ['the list', '/v1/packages/'],
    ['an object’s own property', '/constructor'],
  ])('%s as a path', async (_, path) => {
    const { hostname, port } = new URL(service.url);
    for (const method of ['GET', 'PUT']) {
      const answer = await new Promise<string>((resolve) => {
        const socket = connect(Number(port), hostname, () =>
          socket.end(`${method} ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\ncontent-length: 0\r\n\r\n`),
        );
        socket.once('data', (data) => resolve(String(data)));
      });
      expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    }
    nothingStored();
  });

  it.each(['POST', 'DELETE', 'PATCH'])('%s', async (method) => {
    const answer = await fetch(at(hex), { method, headers: { authorization: `Bearer ${TOKEN}` } });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, PUT']);
  });

  it('a large upload so that its sender reads why', async () => {
    const answer = await put(randomBytes(16 * MIB), { authorization: 'Bearer wrong' });
    expect(await answer.json()).toMatchObject({ code: 'TOKEN_INVALID' });
  });

  it('who asks before sending, before it sends', async () => {
    const ask = (authorization: string) =>
      new Promise<string>((resolve) => {
        const headers = { authorization, expect: '100-continue', 'content-length': bytes.length };
        const asking = request(at(hex), { method: 'PUT', headers });
        asking.once('continue', () => asking.end(bytes));
        asking.once('response', (response) => (resolve(String(response.statusCode)), asking.destroy()));
        asking.on('error', () => undefined);
        asking.flushHeaders();
      });
    expect([await ask('Bearer wrong'), await ask(`Bearer ${TOKEN}`), await ask(`Bearer ${TOKEN}`)]).toEqual(['401', '201', '200']);
  });
});

describe('a sender that is not to be trusted', () => {
  const bytes = randomBytes(MIB);

  it('goes away in the middle: nothing is left, and its room is free again', async () => {
    await service.close();
    await start({ quotaMib: 1 });
    const sending = slowPut(hexOf(bytes), bytes.length);
    sending.write(bytes.subarray(0, 1000));
    await expect.poll(() => readdirSync(dir)).toEqual([expect.stringMatching(/^upload-/)]);
    sending.destroy();
    await expect.poll(() => readdirSync(dir)).toEqual([]);
    expect((await put(bytes)).status).toBe(201);
  });

  it('sends nothing more: its connection is cut', async () => {
    await service.close();
    await start({}, 200);
    const sending = slowPut(hexOf(bytes), bytes.length);
    const cut = new Promise((resolve) => sending.once('error', resolve));
    sending.write(bytes.subarray(0, 1000));
    await cut;
    await expect.poll(() => readdirSync(dir)).toEqual([]);
  });

  it('holds all places: others are told to come again, and readers are served', async () => {
    const holders = Array.from({ length: 8 }, (_, index) => slowPut(String(index).repeat(64), 1000));
    await expect.poll(() => readdirSync(dir).length).toBe(8);
    const answer = await put(bytes);
    expect([answer.status, answer.headers.get('retry-after'), await answer.json()]).toEqual([503, '1', expect.objectContaining({ code: 'ARTIFACTS_BUSY' })]);
    expect((await fetch(`${service.url}/_/ready`)).status).toBe(200);
    for (const holder of holders) holder.destroy();
    await expect.poll(async () => (await put(bytes)).status).toBe(201);
  });
});

describe('who deploys', () => {
  const bytes = randomBytes(200_000);
  const pkg = { digest: digestOf(bytes), bytes };
  const address = (token = TOKEN) => ({ url: service.url, token });

  it('stores a package once', async () => {
    expect([await uploadPackage(address(), pkg), await uploadPackage(address(), pkg)]).toEqual(['created', 'present']);
    expect(digestOf(await readPackageService(service.url)('any', pkg.digest))).toBe(pkg.digest);
  });

  it('may use a connection that leads there by another way', async () => {
    const { hostname, port } = new URL(service.url);
    const through = connect(Number(port), hostname);
    expect(await uploadPackage({ url: 'http://artifacts.test:1', token: TOKEN, connection: through }, pkg)).toBe('created');
    await expect.poll(() => through.destroyed).toBe(true);
  });

  it('is told why not, in the service’s words', async () => {
    await expect(uploadPackage(address('wrong'), pkg)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    await expect(uploadPackage(address(), { ...pkg, digest: digestOf('other') })).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    await expect(uploadPackage({ url: 'http://127.0.0.1:1', token: '' }, pkg)).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('127.0.0.1:1'),
    });
  });
});

it('a folder that cannot be written to is a reason not to start', async () => {
  await service.close();
  const file = join(dir, 'file');
  writeFileSync(file, '');
  await expect(createArtifacts({ config: defaults(file), log: silentLog })).rejects.toThrow(/EEXIST|ENOTDIR/);
});

describe('the scaler', () => {
  const bytes = randomBytes(200_000);
  const digest = digestOf(bytes);

  it('reads a package by its digest', async () => {
    await put(bytes);
    expect(digestOf(await readPackageService(`${service.url}/`)('any', digest))).toBe(digest);
  });

  it('tells a package that is missing from a service that is not there', async () => {
    await expect(readPackageService(service.url)('any', digest)).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: expect.stringContaining('is missing'),
    });
    await expect(readPackageService('http://127.0.0.1:1')('any', digest)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('takes nothing that is not what it asked for', async () => {
    await put(bytes);
    writeFileSync(join(dir, `${hexOf(bytes)}.pkg`), Buffer.from(bytes).fill(0, 0, 9));
    await expect(readPackageService(service.url)('any', digest)).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: expect.stringContaining('other content'),
    });
  });

  it('waits for a service that has to bring the package first', { timeout: 20_000 }, async () => {
    const slow = await serve(
      createHttpServer((_, response) => void setTimeout(() => response.end(bytes), 7_000)),
      { host: '127.0.0.1', port: 0, name: 'slow' },
    );
    expect(digestOf(await readPackageService(slow.url)('any', digest))).toBe(digest);
    await slow.close();
  });

  it('reads no more than a package may have, whoever answers', async () => {
    const endless = await serve(
      createHttpServer((_, response) => {
        const chunk = Buffer.alloc(MIB);
        const more = () => void (!response.destroyed && response.write(chunk, more));
        response.on('error', () => undefined);
        more();
      }),
      { host: '127.0.0.1', port: 0, name: 'endless' },
    );
    await expect(readPackageService(endless.url)('any', digest)).rejects.toMatchObject({ code: 'INTERNAL', message: expect.stringContaining('more than') });
    await endless.close();
  });

  it('asks the next source only where the first has no such package', async () => {
    await put(bytes);
    const asked: string[] = [];
    const failing = (code: 'PACKAGE_INVALID' | 'INTERNAL') => () => {
      asked.push(code);
      return Promise.reject(new PlatformError(code, code));
    };
    const fromService = readPackageService(service.url);
    expect(digestOf(await readPackageFromFirst([failing('PACKAGE_INVALID'), fromService])('any', digest))).toBe(digest);
    await expect(readPackageFromFirst([failing('INTERNAL'), fromService])('any', digest)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(asked).toEqual(['PACKAGE_INVALID', 'INTERNAL']);
  });
});
