import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { renderEnv } from '../../kit/config.ts';
import { createFileStore } from '../../kit/store/files.ts';
import { gatewayConfig } from '../../protocol/config.ts';
import { type FakeLeader, fakeLeader } from './gateway-world/fake-leader.ts';
import { fakeWatcher } from './gateway-world/fake-watcher.ts';
import { fn, trigger } from './gateway-world/objects.ts';

const MAIN = fileURLToPath(new URL('../../gateway/main.ts', import.meta.url));
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly leader: FakeLeader;
  readonly exited: Promise<number | null>;
}

async function start(): Promise<Running> {
  const dir = await mkdtemp(join(tmpdir(), 'fib-gateway-'));
  cleanups.push(() => rm(dir, { recursive: true }));
  const store = await createFileStore(dir);
  cleanups.push(() => store.close());
  const applied = await store.apply(fn('slow', { timeout: '10s' }));
  await store.apply(trigger('slow', { path: '/slow' }));
  const leader = await fakeLeader();
  cleanups.push(() => leader.close());
  const watcher = await fakeWatcher({ function: 'slow', handler: (_request, response) => void setTimeout(() => response.end('done'), 2000) });
  cleanups.push(() => watcher.close());
  leader.announce({ ...watcher.instance, uid: applied.metadata.uid ?? '' });
  const env = renderEnv(gatewayConfig, { storeDir: dir, internalToken: 'secret', gatewayId: 'g1', scalerUrl: leader.url, port: 0, adminPort: 0 });
  const child = spawn(process.execPath, [MAIN], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
  cleanups.push(async () => child.kill('SIGKILL'));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const port = await new Promise<number>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      const line = chunk
        .toString()
        .split('\n')
        .find((text) => text.includes('"listening"'));
      if (line) resolve((JSON.parse(line) as { port: number }).port);
    });
  });
  await leader.hears('hello');
  return { child, url: `http://127.0.0.1:${port}`, leader, exited };
}

function connection(url: string): Promise<'taken' | 'refused'> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy();
      resolve('taken');
    });
    socket.once('error', () => resolve('refused'));
  });
}

test('SIGTERM: requests under way are answered with connection: close, new connections refused, exit code 0', async () => {
  const { child, url, leader, exited } = await start();
  const under = new Promise<{ text: string; connection: string | undefined }>((resolve, reject) => {
    httpRequest(`${url}/slow`, { agent: false, headers: { connection: 'keep-alive' } }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString())).on('end', () => resolve({ text, connection: response.headers.connection }));
    })
      .on('error', reject)
      .end();
  });
  await leader.hears('demand', ({ inFlight }) => inFlight === 1);
  child.kill('SIGTERM');
  await expect.poll(() => connection(url), { timeout: 1500, interval: 20 }).toBe('refused');
  expect(await under).toEqual({ text: 'done', connection: 'close' });
  expect(await exited).toBe(0);
});

test('a configuration that is not valid ends with every problem named', async () => {
  const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env['PATH'], FIB_PORT: 'x' }, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code).toBe(1);
  for (const name of ['FIB_PORT', 'FIB_STORE_DIR', 'FIB_INTERNAL_TOKEN', 'FIB_SCALER_URL', 'FIB_GATEWAY_ID']) expect(text).toContain(name);
});
