import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodePackage, type Package } from '../../protocol/package.ts';
import { RUNTIMES_DIR, isAlive, WatcherProcess } from './watcher/watcher-process.ts';
import { Exchange, type RequestSpec } from './watcher/exchange.ts';
import { buildFixtures, builtFiles } from './watcher/fixture-builds.ts';
import { authorization } from './watcher/push.ts';
import type { Outcome } from './watcher/match.ts';

const MIB = 1024 * 1024;
const GROWTH_BYTES = 20 * MIB;

let code: Package;
let watcher: WatcherProcess;
beforeAll(() => {
  buildFixtures(['go']);
  const files = builtFiles('go', `${RUNTIMES_DIR}/go/fixtures/go-hostile`) ?? [];
  code = encodePackage([...files, { path: 'données/grüße 🎉.txt', bytes: Buffer.from('aus der Datei 🎉') }]);
}, 300_000);
beforeEach(async () => {
  watcher = new WatcherProcess('go');
  await watcher.start();
});
afterEach(async () => expect(await watcher.close(), 'processes left behind').toEqual([]));

function push(changes: Readonly<Record<string, unknown>> = {}, uid = 'uid-1', bytes: Uint8Array = code.bytes): Promise<Outcome> {
  const document = {
    function: { namespace: 'demo', name: 'hostile', uid },
    generation: 1,
    content: code.digest,
    package: { digest: code.digest, size: code.bytes.length },
    handler: 'handler.Handler',
    signature: 'http',
    mode: 'thread',
    concurrency: 10,
    timeoutMs: 20_000,
    maxBodyBytes: 64 * MIB,
    env: {},
    ...changes,
  };
  const body = Buffer.concat([Buffer.from(`${JSON.stringify(document)}\n`), bytes]);
  const headers = authorization({ act: 'specialize', sub: uid, digest: code.digest }, {}, watcher.key);
  return new Exchange(watcher.controlPort, { method: 'POST', path: '/_/specialize', headers, body }).done;
}

async function call(spec: RequestSpec): Promise<Outcome> {
  return new Exchange(watcher.dataPort, spec).done;
}

async function status(): Promise<{ memoryBytes: number; restarts: number; inFlight: number; state: string }> {
  return JSON.parse((await new Exchange(watcher.controlPort, { path: '/_/status' }).done).body.toString()) as never;
}

async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 5000; !(await check()); await delay(25)) if (performance.now() > deadline) throw new Error('it did not come about');
}

describe('a pooled Go instance', () => {
  test('of two functions that come at once one has it, and the other is told', async () => {
    const answers = await Promise.all(['uid-1', 'uid-2', 'uid-3'].map((uid) => push({}, uid)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409, 409]);
    expect((await call({ path: '/pid' })).status).toBe(200);
  });

  test('a push that is cut off leaves nothing, and the next one is taken', async () => {
    const socket = connect(watcher.controlPort, '127.0.0.1');
    const headers = authorization({ act: 'specialize', sub: 'uid-1', digest: code.digest }, {}, watcher.key);
    socket.write(
      `POST /_/specialize HTTP/1.1\r\nhost: x\r\nauthorization: ${headers['authorization']}\r\ncontent-length: ${code.bytes.length}\r\n\r\n{"function":`,
    );
    await delay(50);
    socket.destroy();
    const damaged = Buffer.from(code.bytes);
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    expect((await push({}, 'uid-1', damaged)).status).toBe(422);
    expect((await push({}, 'uid-1', code.bytes.subarray(0, 1000))).status).toBe(422);
    expect((await push()).status).toBe(200);
  });

  test('unicode in paths, bodies, environment, file names and logs comes through', async () => {
    expect((await push({ env: { GRÜSSE: 'schön 🎉' } })).status).toBe(200);
    const answer = await call({ path: `/unicode/${encodeURIComponent('ä🎉')}`, body: 'größe 🎉' });
    expect(JSON.parse(answer.body.toString())).toEqual({ path: '/unicode/ä🎉', body: 'größe 🎉', env: 'schön 🎉', file: 'aus der Datei 🎉', error: '<nil>' });
    await eventually(() => watcher.records().some(({ msg, fields }) => msg === 'ünïcode 🎉' && (fields as { schlüssel: string }).schlüssel === 'größe 🎉'));
  });

  test('bodies of 64 MiB, both ways, do not make it grow by 20 MiB', async () => {
    expect((await push()).status).toBe(200);
    await call({ path: '/pid' });
    const before = (await status()).memoryBytes;
    const body = { repeat: 'q', times: 64 * MIB };
    const sent = await call({ method: 'POST', path: '/discard', body });
    expect(sent.body.toString()).toBe(
      `${64 * MIB} ${createHash('sha256')
        .update(Buffer.alloc(64 * MIB, 'q'))
        .digest('hex')} <nil>`,
    );
    expect((await call({ path: '/produce?mb=64' })).body.length).toBe(64 * MIB);
    expect((await call({ method: 'POST', path: '/discard', headers: { 'transfer-encoding': 'chunked' }, body })).status).toBe(200);
    expect((await status()).memoryBytes - before).toBeLessThan(GROWTH_BYTES);
    expect((await call({ method: 'POST', path: '/discard', headers: { 'content-length': String(64 * MIB + 1) } })).status).toBe(413);
  });

  test('nonsense on the executor’s own descriptors ends the executor at most', async () => {
    expect((await push()).status).toBe(200);
    const before = (await call({ path: '/pid' })).body.toString();
    await call({ path: '/descriptors' });
    await eventually(async () => (await status()).state === 'ready' && (await call({ path: '/pid' })).status === 200);
    const after = (await call({ path: '/pid' })).body.toString();
    if (after !== before) expect((await status()).restarts).toBeGreaterThan(0);
    expect((await new Exchange(watcher.controlPort, { path: '/_/health' }).done).status).toBe(200);
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)('what user code has started ends with it, also when the supervisor gets %s', async (signal) => {
    expect((await push()).status).toBe(200);
    const pids = JSON.parse((await call({ path: '/children' })).body.toString()) as number[];
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    watcher.signal(signal);
    await eventually(() => pids.every((pid) => !isAlive(pid)));
  });

  test('connections that say nothing hold no process', async () => {
    expect((await push({ mode: 'process', concurrency: 2 })).status).toBe(200);
    const silent = Array.from({ length: 20 }, () => connect(watcher.dataPort, '127.0.0.1'));
    await delay(100);
    expect((await call({ path: '/pid' })).status).toBe(200);
    for (const socket of silent) socket.destroy();
  });

  test('a flood of connections is refused, not lost, and costs little', async () => {
    expect((await push({ concurrency: 1 })).status).toBe(200);
    const answers = await Promise.all(Array.from({ length: 200 }, () => call({ path: '/pid' })));
    for (const answer of answers) expect([200, 503]).toContain(answer.status);
    for (const answer of answers.filter((one) => one.status === 503)) expect(answer.headers['fibonacci-not-started']).toBe('1');
    await eventually(async () => (await status()).inFlight === 0);
  });

  test('heads that never end and heads that are too long are no way in', async () => {
    expect((await push()).status).toBe(200);
    const read = (socket: Socket) =>
      new Promise<string>((resolve) => {
        let text = '';
        socket.on('data', (chunk) => (text += chunk.toString('latin1')));
        socket.on('error', () => undefined);
        socket.on('close', () => resolve(text));
      });
    const long = connect(watcher.dataPort, '127.0.0.1');
    const answer = read(long);
    long.write(`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(200_000)}\r\n\r\n`);
    expect(await answer).toMatch(/^(HTTP\/1\.1 400 BAD_REQUEST\r\n[\s\S]*fibonacci-error: BAD_REQUEST|$)/i);
    expect((await call({ path: '/pid' })).status).toBe(200);
  });

  test('the executor’s memory page and channel are not named in its environment', async () => {
    expect((await push()).status).toBe(200);
    const pid = (await call({ path: '/pid' })).body.toString();
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
    expect(environment.map((pair) => pair.split('=')[0]).sort()).toEqual(['FIB_CONTENT', 'FIB_FUNCTION', 'HOME', 'LANG', 'PATH', 'TMPDIR', 'TZ']);
  });
});
