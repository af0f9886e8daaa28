import { createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createHttpServer, serve, type Served } from '../../kit/serve.ts';
import { acceptStream, openStream, type MessageStream } from '../../kit/stream.ts';
import { gatewayMessage, leaderMessage, type GatewayMessage, type LeaderMessage } from '../../protocol/stream.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Side<M> {
  readonly got: M[];
  readonly ended: Promise<string>;
  readonly handlers: { onMessage(message: M): void; onClose(reason: string): void };
  next(): Promise<M>;
}

function side<M>(): Side<M> {
  const got: M[] = [];
  const waiting: ((message: M) => void)[] = [];
  const ended = Promise.withResolvers<string>();
  return {
    got,
    ended: ended.promise,
    handlers: {
      onMessage: (message) => (waiting.length > 0 ? waiting.shift()?.(message) : got.push(message)),
      onClose: (reason) => ended.resolve(reason),
    },
    next: () => (got.length > 0 ? Promise.resolve(got.shift() as M) : new Promise((resolve) => waiting.push(resolve))),
  };
}

async function leader(timing = {}) {
  const accepted = Promise.withResolvers<MessageStream<LeaderMessage>>();
  const heard = side<GatewayMessage>();
  const served: Served = await serve(
    createHttpServer((request, response) => accepted.resolve(acceptStream(request, response, gatewayMessage, heard.handlers, timing))),
    { host: '127.0.0.1', port: 0, name: 'leader' },
  );
  closers.push(() => served.close());
  return { url: `${served.url}/_/stream`, accepted: accepted.promise, heard };
}

test('messages go both ways at the same time, before either side has ended', async () => {
  const { url, accepted, heard } = await leader();
  const told = side<LeaderMessage>();
  const client = openStream<typeof leaderMessage, GatewayMessage>({ url, token: 't' }, leaderMessage, told.handlers);
  client.send({ type: 'hello', gateway: 'g1', epoch: 0, active: [], instances: [] });
  expect(await heard.next()).toMatchObject({ type: 'hello', gateway: 'g1' });
  const server = await accepted;
  server.send({ type: 'welcome', epoch: 1, gateways: 1 });
  expect(await told.next()).toEqual({ type: 'welcome', epoch: 1, gateways: 1 });
  client.send({ type: 'demand', function: 'a/b', waiting: 3, inFlight: 0 });
  expect(await heard.next()).toMatchObject({ waiting: 3 });
  client.close('done');
  expect(await heard.ended).toMatch(/closed|ended|aborted/);
  expect(await told.ended).toBe('done');
});

test('a message that does not fit the schema ends the stream and names the field', async () => {
  const { url, accepted } = await leader();
  const told = side<LeaderMessage>();
  openStream<typeof leaderMessage, GatewayMessage>({ url, token: 't' }, leaderMessage, told.handlers);
  (await accepted).send({ type: 'welcome', epoch: -1, gateways: 1 } as LeaderMessage);
  expect(await told.ended).toContain('not valid');
});

test('silence of the other side ends the stream; pings keep it', async () => {
  const { url, accepted } = await leader({ pingMs: 20 });
  const told = side<LeaderMessage>();
  openStream<typeof leaderMessage, GatewayMessage>({ url, token: 't' }, leaderMessage, told.handlers, { pingMs: 30, silenceMs: 150 });
  await accepted;
  const early = await Promise.race([told.ended, new Promise((resolve) => setTimeout(resolve, 400, 'alive'))]);
  expect(early).toBe('alive');

  const mute = await leader({ pingMs: 60_000 });
  const lonely = side<LeaderMessage>();
  openStream<typeof leaderMessage, GatewayMessage>({ url: mute.url, token: 't' }, leaderMessage, lonely.handlers, { pingMs: 30, silenceMs: 150 });
  expect(await lonely.ended).toBe('silent for 150 ms');
});

test('an answer other than 200 and a refused connection are reasons', async () => {
  const served = await serve(
    createHttpServer((_request, response) => response.writeHead(401).end()),
    { host: '127.0.0.1', port: 0, name: 'leader' },
  );
  closers.push(() => served.close());
  const refused = side<LeaderMessage>();
  openStream<typeof leaderMessage, GatewayMessage>({ url: served.url, token: 't' }, leaderMessage, refused.handlers);
  expect(await refused.ended).toBe('answered 401');
  await served.close();
  const nobody = side<LeaderMessage>();
  openStream<typeof leaderMessage, GatewayMessage>({ url: served.url, token: 't' }, leaderMessage, nobody.handlers);
  expect(await nobody.ended).toContain('ECONNREFUSED');
});

test('a taken port names the process that holds it', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => blocker.once('listening', resolve));
  closers.push(async () => void blocker.close());
  const { port } = blocker.address() as { port: number };
  const failure = serve(
    createHttpServer(() => {}),
    { host: '127.0.0.1', port, name: 'gateway' },
  );
  await expect(failure).rejects.toMatchObject({ code: 'PORT_IN_USE', details: { port, pid: process.pid } });
  await expect(failure).rejects.toThrow(`port ${port} on 127.0.0.1, wanted for gateway`);
});
