import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodePackage, type Package } from '../../protocol/package.ts';
import { Exchange, type RequestSpec } from './watcher/exchange.ts';
import { buildFixtures, builtFiles } from './watcher/fixture-builds.ts';
import type { Outcome } from './watcher/match.ts';
import { authorization } from './watcher/push.ts';
import { RUNTIMES_DIR, WatcherProcess } from './watcher/watcher-process.ts';

const MIB = 1024 * 1024;
const GROWTH_BYTES = 20 * MIB;

let code: Package;
let watcher: WatcherProcess;
beforeAll(() => {
  buildFixtures(['java']);
  const files = builtFiles('java', `${RUNTIMES_DIR}/java/fixtures/java-hostile`) ?? [];
  code = encodePackage([...files, { path: 'classes/données/grüße 🎉.txt', bytes: Buffer.from('aus der Datei 🎉') }]);
}, 300_000);
beforeEach(async () => {
  watcher = new WatcherProcess('java');
  await watcher.start();
});
afterEach(async () => expect(await watcher.close(), 'processes left behind').toEqual([]));

async function push(act: 'specialize' | 'update', changes: Readonly<Record<string, unknown>> = {}, uid = 'uid-1'): Promise<Outcome> {
  const document = {
    function: { namespace: 'demo', name: 'hostile', uid },
    generation: 1,
    content: code.digest,
    package: { digest: code.digest, size: code.bytes.length },
    handler: 'Main.handler',
    signature: 'http',
    mode: 'thread',
    concurrency: 10,
    timeoutMs: 20_000,
    maxBodyBytes: 64 * MIB,
    env: {},
    ...changes,
  };
  const body = Buffer.concat([Buffer.from(`${JSON.stringify(document)}\n`), code.bytes]);
  const headers = authorization({ act, sub: uid, digest: code.digest }, {}, watcher.key);
  return new Exchange(watcher.controlPort, { method: 'POST', path: `/_/${act}`, headers, body: { base64: body.toString('base64') } }).done;
}

const call = async (spec: RequestSpec): Promise<Outcome> => new Exchange(watcher.dataPort, spec).done;

async function status(): Promise<{ memoryBytes: number; restarts: number; inFlight: number; state: string; lastError: { code: string } | null }> {
  return JSON.parse((await new Exchange(watcher.controlPort, { path: '/_/status' }).done).body.toString()) as never;
}

async function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 10_000; !(await check()); await delay(25))
    if (performance.now() > deadline) throw new Error('it did not come about');
}

describe('a pooled Java instance', () => {
  test('of functions that come at once one has it, and the others are told', async () => {
    const answers = await Promise.all(['uid-1', 'uid-2', 'uid-3'].map((uid) => push('specialize', {}, uid)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409, 409]);
    expect((await call({ path: '/pid' })).status).toBe(200);
  });

  test('unicode in paths, bodies, environment, file names and output comes through', async () => {
    expect((await push('specialize', { env: { GRÜSSE: 'schön 🎉' } })).status).toBe(200);
    const answer = await call({ path: `/unicode/${encodeURIComponent('ä🎉')}`, body: 'größe 🎉' });
    expect(answer.body.toString()).toBe('größe 🎉|schön 🎉|aus der Datei 🎉');
    await eventually(() => watcher.records().some(({ line }) => line === 'ünïcode 🎉 größe 🎉'));
  });

  test('bodies of 64 MiB, both ways, do not make it grow by 20 MiB', async () => {
    expect((await push('specialize')).status).toBe(200);
    const body = { repeat: 'q', times: 8 * MIB };
    for (let warm = 0; warm < 3; warm += 1) await call({ method: 'POST', path: '/discard', body });
    await call({ path: '/produce?mb=16' });
    const before = (await status()).memoryBytes;
    const large = { repeat: 'q', times: 64 * MIB };
    expect((await call({ method: 'POST', path: '/discard', body: large })).body.toString()).toBe(String(64 * MIB));
    expect((await call({ path: '/produce?mb=64' })).body.length).toBe(64 * MIB);
    expect((await call({ method: 'POST', path: '/discard', headers: { 'transfer-encoding': 'chunked' }, body: large })).status).toBe(200);
    expect((await status()).memoryBytes - before).toBeLessThan(GROWTH_BYTES);
    expect((await call({ method: 'POST', path: '/discard', headers: { 'content-length': String(64 * MIB + 1) } })).status).toBe(413);
  });

  test('fifty updates leave nothing in memory: no executor is replaced, and their 200 MiB are gone', { timeout: 120_000 }, async () => {
    expect((await push('specialize')).status).toBe(200);
    const pid = (await call({ path: '/pid' })).body.toString();
    const generations = async (from: number, to: number) => {
      for (let generation = from; generation <= to; generation += 1) {
        expect((await push('update', { generation, content: `sha256:${String(generation).padStart(64, '0')}` })).status).toBe(200);
        expect((await call({ path: '/pid' })).status).toBe(200);
      }
    };
    await generations(2, 26);
    const before = (await status()).memoryBytes;
    await generations(27, 76);
    const { memoryBytes, restarts } = await status();
    expect([restarts, (await call({ path: '/pid' })).body.toString()]).toEqual([0, pid]);
    expect(memoryBytes - before).toBeLessThan(2 * GROWTH_BYTES);
  });

  test('connections that say nothing hold no process', async () => {
    expect((await push('specialize', { mode: 'process', concurrency: 2 })).status).toBe(200);
    const silent = Array.from({ length: 20 }, () => connect(watcher.dataPort, '127.0.0.1').on('error', () => undefined));
    await delay(100);
    const answer = await call({ path: '/pid' });
    expect([answer.status, answer.durationMs < 5000]).toEqual([200, true]);
    for (const socket of silent) socket.destroy();
  });

  test('a flood of connections is refused, not lost', async () => {
    expect((await push('specialize', { concurrency: 1 })).status).toBe(200);
    const answers = await Promise.all(Array.from({ length: 200 }, () => call({ path: '/pid' })));
    for (const answer of answers) expect([200, 503]).toContain(answer.status);
    for (const answer of answers.filter((one) => one.status === 503)) expect(answer.headers['fibonacci-not-started']).toBe('1');
    await eventually(async () => (await status()).inFlight === 0);
  });

  test('an executor that is halted, or ended from another thread, is replaced', async () => {
    expect((await push('specialize')).status).toBe(200);
    expect((await call({ path: '/halt' })).cut).toBe(true);
    expect((await call({ path: '/pid' })).status).toBe(200);
    expect((await call({ path: '/thread' })).body.toString()).toContain('FUNCTION_CRASHED');
    expect((await call({ path: '/pid' })).status).toBe(200);
    await eventually(async () => (await status()).restarts === 2);
  });

  test('endless recursion is an error like another', async () => {
    expect((await push('specialize')).status).toBe(200);
    expect((await call({ path: '/stack' })).body.toString()).toContain('StackOverflowError');
    expect((await call({ path: '/pid' })).status).toBe(200);
    expect((await status()).restarts).toBe(0);
  });

  test('virtual threads that never yield take the executor down with their deadline, and the next request is served', { timeout: 60_000 }, async () => {
    expect((await push('specialize', { timeoutMs: 1000 })).status).toBe(200);
    expect((await call({ path: '/busy?threads=64' })).status).toBe(200);
    const answers = [await call({ path: '/pid' }), await call({ path: '/pid' }), await call({ path: '/pid' })];
    expect(answers.at(-1)?.status).toBe(200);
    expect((await status()).restarts).toBeGreaterThan(0);
    expect((await new Exchange(watcher.controlPort, { path: '/_/health' }).done).status).toBe(200);
  });
});
