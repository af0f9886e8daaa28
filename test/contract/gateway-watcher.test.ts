import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { functionName } from '../../protocol/names.ts';
import { NAMESPACE } from './gateway-world/objects.ts';
import { open } from './gateway-world/raw.ts';
import { createWorld, type World } from './gateway-world/world.ts';
import { createPush } from './watcher/push.ts';
import { WatcherProcess } from './watcher/watcher-process.ts';

let world: World;
const watchers: WatcherProcess[] = [];
afterEach(async () => {
  await world.close();
  await Promise.all(watchers.splice(0).map((watcher) => watcher.close()));
});

const CODE = `
export async function handler(event) {
  if (event.path.endsWith('/crash')) process.exit(1);
  await new Promise((resolve) => setTimeout(resolve, Number(event.query.ms ?? 1)));
  const body = event.body === null ? '' : event.body.toString();
  return { statusCode: 200, headers: { 'content-type': 'text/plain' }, body: event.path + ':' + (body.length > 100 ? body.length : body) };
}
export function upgrade(_request, socket) {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nconnection: upgrade\\r\\nupgrade: echo\\r\\n\\r\\n');
  socket.pipe(socket);
}`;

/** A real Node.js watcher, specialized by push and announced as the leader does. */
async function serveReal(name: string, concurrency: number, id: string): Promise<WatcherProcess> {
  const watcher = new WatcherProcess('nodejs');
  watchers.push(watcher);
  await watcher.start();
  const uid = `uid-${name}`;
  const load = { function: { namespace: NAMESPACE, name, uid }, concurrency, timeoutMs: 5000, maxBodyBytes: 10_000_000 };
  const push = createPush(
    'specialize',
    { load, package: { files: { 'index.js': CODE, 'package.json': '{"type":"module"}' } } },
    { language: 'nodejs', fixture: '', signature: 'event', load: {} },
    watcher.key,
  );
  const answer = await fetch(`http://127.0.0.1:${watcher.controlPort}/_/specialize`, {
    method: 'POST',
    headers: push.headers,
    body: new Uint8Array(push.body),
  });
  expect(answer.status).toBe(200);
  const { content } = (await answer.json()) as { content: string };
  world.leader.announce({
    id,
    function: functionName(NAMESPACE, name),
    uid,
    content,
    generation: 1,
    address: `127.0.0.1:${watcher.dataPort}`,
    concurrency,
    state: 'ready',
  });
  return watcher;
}

test('three gateways before real watchers of concurrency 1 give no wrong answer', async () => {
  world = await createWorld();
  const others = [await world.addGateway(), await world.addGateway()];
  await world.declare('one', { concurrency: 1, activationTimeout: '30s' });
  await Promise.all([serveReal('one', 1, 'r-1'), serveReal('one', 1, 'r-2')]);
  const urls = [world.url, ...others.map(({ invocations }) => invocations.url)];
  let wrong = 0;
  const client = async (id: number) => {
    for (let n = 0; n < 30; n++) {
      const answer = await fetch(`${urls[(id + n) % 3]}/one/${id}?ms=${n % 4}`, {
        method: 'POST',
        body: `b${id}-${n}`,
        headers: { 'content-type': 'text/plain' },
      });
      const text = await answer.text();
      if (answer.status !== 200 || text !== `/one/${id}:b${id}-${n}`) wrong++;
    }
  };
  await Promise.all(Array.from({ length: 9 }, (_, id) => client(id)));
  expect(wrong).toBe(0);
});

test('large and streamed bodies, upgrades and crashes go through a real watcher', async () => {
  world = await createWorld();
  await world.declare('real', { bodyLimit: '9Mi', concurrency: 8 });
  await serveReal('real', 8, 'r-1');
  await sleep(20);
  const post = (body: NonNullable<RequestInit['body']>, rest: RequestInit = {}) =>
    fetch(`${world.url}/real`, { method: 'POST', body, headers: { 'content-type': 'text/plain' }, ...rest }).then((answer) => answer.text());
  expect(await post('x'.repeat(1_000_000))).toBe('/real:1000000');
  let left = 50;
  const stream = new ReadableStream({ pull: (controller) => (left-- > 0 ? controller.enqueue(Buffer.alloc(10_000, 'y')) : controller.close()) });
  expect(await post(stream, { duplex: 'half' } as RequestInit)).toBe('/real:500000');

  const socket = await open(world.url);
  socket.write('GET /real HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await expect.poll(() => text).toContain('101 Switching Protocols');
  socket.write('to and fro');
  await expect.poll(() => text).toContain('to and fro');
  socket.destroy();

  const crashed = await fetch(`${world.url}/real/crash`, { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } });
  expect(crashed.status).toBe(502);
  expect(await post('again')).toBe('/real:again');
});

test('a SIGKILL among the watchers, idle and in the middle of requests, is not seen by a client that asks with GET', async () => {
  world = await createWorld();
  await world.declare('killed', { activationTimeout: '20s' });
  const names = ['k-1', 'k-2', 'k-3'];
  const alive = await Promise.all(names.map((id) => serveReal('killed', 16, id)));
  await sleep(20);
  let stop = false;
  let asked = 0;
  const wrong: string[] = [];
  const client = async (id: number) => {
    for (let n = 0; !stop; n++) {
      const answer = await fetch(`${world.url}/killed/${id}-${n}?ms=${(id * 7) % 40}`).then(
        async (got) => `${got.status} ${await got.text()}`,
        (error: Error) => String(error),
      );
      asked++;
      if (answer !== `200 /killed/${id}-${n}:`) wrong.push(answer);
    }
  };
  const clients = Array.from({ length: 10 }, (_, id) => client(id));
  for (let kill = 0; kill < 6; kill++) {
    await sleep(250);
    alive[kill % 3]?.signal('SIGKILL');
    const id = `n-${kill}`;
    const gone = names[kill % 3] as string;
    names[kill % 3] = id;
    alive[kill % 3] = await serveReal('killed', 16, id);
    world.leader.gone(gone);
  }
  stop = true;
  await Promise.all(clients);
  expect(wrong).toEqual([]);
  expect(asked).toBeGreaterThan(100);
});
