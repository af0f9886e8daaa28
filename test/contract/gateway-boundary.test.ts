import { afterAll, beforeAll, expect, test } from 'vitest';
import { open, parseRaw, sendRaw } from './gateway-world/raw.ts';
import { createWorld, type World } from './gateway-world/world.ts';

let world: World;
let served = 0;
beforeAll(async () => {
  world = await createWorld({ connectionsPerAddress: 20 });
  await world.declare('hello');
  await world.serve({
    function: 'hello',
    handler: (request, response) => {
      served++;
      response.end(JSON.stringify({ url: request.url, headers: request.rawHeaders }));
    },
  });
});
afterAll(() => world.close());

const many = (count: number) => Array.from({ length: count }, (_, index) => `x-${index}: 1\r\n`).join('');

test.each([
  ['two Host headers', 'GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400, 'BAD_REQUEST'],
  ['two equal Host headers', 'GET /hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 400, 'BAD_REQUEST'],
  ['no Host in HTTP/1.1', 'GET /hello HTTP/1.1\r\n\r\n', 400, 'BAD_REQUEST'],
  ['a Host that is not one', 'GET /hello HTTP/1.1\r\nHost: a/b@c\r\n\r\n', 400, 'BAD_REQUEST'],
  ['an absolute target that differs from Host', 'GET http://evil/hello HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'BAD_REQUEST'],
  ['a parent segment', 'GET /a/../hello HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'BAD_REQUEST'],
  ['an encoded parent segment', 'GET /a/%2e%2E/hello HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'BAD_REQUEST'],
  ['an empty segment', 'GET //hello HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'BAD_REQUEST'],
  ['an encoded slash', 'GET /hello%2fx HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'BAD_REQUEST'],
  ['malformed percent-encoding', 'GET /hello/%zz HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'BAD_REQUEST'],
  ['HTTP/0.9 with a version', 'GET /hello HTTP/0.9\r\nHost: a\r\n\r\n', 400, 'BAD_REQUEST'],
  ['HTTP/0.9 without one', 'GET /hello\r\n\r\n', 400, 'BAD_REQUEST'],
  ['HTTP/2.0 in a request line', 'GET /hello HTTP/2.0\r\nHost: a\r\n\r\n', 400, 'BAD_REQUEST'],
  ['Transfer-Encoding on HTTP/1.0', 'POST /hello HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400, 'BAD_REQUEST'],
  [
    'Content-Length and Transfer-Encoding',
    'POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'BAD_REQUEST',
  ],
  ['two different Content-Lengths', 'POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd', 400, 'BAD_REQUEST'],
  ['1,500 headers', `GET /hello HTTP/1.1\r\nHost: a\r\n${many(1500)}\r\n`, 431, 'HEADERS_TOO_LARGE'],
  ['101 headers', `GET /hello HTTP/1.1\r\nHost: a\r\n${many(100)}\r\n`, 431, 'HEADERS_TOO_LARGE'],
  ['a header of 20 KiB', `GET /hello HTTP/1.1\r\nHost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
  ['a folded header', 'GET /hello HTTP/1.1\r\nHost: a\r\nx: a\r\n b\r\n\r\n', 400, 'BAD_REQUEST'],
  ['an unknown expectation', 'GET /hello HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n', 400, 'BAD_REQUEST'],
  ['the asterisk form', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'BAD_REQUEST'],
  ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', 405, 'METHOD_NOT_ALLOWED'],
  ['garbage', '\u0016\u0003\u0001\u0002garbage\r\n\r\n', 400, 'BAD_REQUEST'],
])('%s is refused before routing, in the error form', async (_name, bytes, status, code) => {
  const before = served;
  const answer = parseRaw(await sendRaw(world.url, bytes));
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toEqual({ code, message: expect.any(String), requestId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  expect(answer.headers).toContain(`fibonacci-error: ${code.toLowerCase()}`);
  expect(served).toBe(before);
});

test.each([
  ['an absolute target that equals Host', 'GET http://a.example:80/hello?x HTTP/1.1\r\nHost: A.example:80\r\nConnection: close\r\n\r\n', '/hello?x'],
  ['HTTP/1.0 without Host', 'GET /hello HTTP/1.0\r\n\r\n', '/hello'],
  ['an encoded unreserved character', 'GET /%68ello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', '/%68ello'],
  ['a hundred headers', `GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${many(98)}\r\n`, '/hello'],
  [
    'an offer of HTTP/2, which is ignored',
    'GET /hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
    '/hello',
  ],
])('%s reaches the function with the target as it was sent', async (_name, bytes, url) => {
  const answer = parseRaw(await sendRaw(world.url, bytes, 300));
  expect(answer.status).toBe(200);
  expect(answer.body).toContain(`"url":${JSON.stringify(url)}`);
});

test('hop-by-hop headers, those that Connection names, and forged platform headers do not reach the function', async () => {
  const bytes =
    'GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close, X-Secret, Host\r\nX-Secret: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Authorization: x\r\nfibonacci-timeout-ms: 999999\r\nFibonacci-Not-Started: 1\r\nX-Kept: 1\r\n\r\n';
  const { headers } = JSON.parse(parseRaw(await sendRaw(world.url, bytes)).body) as { headers: string[] };
  const names = headers.filter((_item, index) => index % 2 === 0).map((name) => name.toLowerCase());
  expect(names).toEqual(
    expect.arrayContaining([
      'host',
      'x-kept',
      'x-request-id',
      'traceparent',
      'x-forwarded-for',
      'x-forwarded-proto',
      'x-forwarded-host',
      'fibonacci-timeout-ms',
    ]),
  );
  expect(names).not.toEqual(expect.arrayContaining(['x-secret']));
  expect(names).not.toEqual(expect.arrayContaining(['te']));
  expect(names).not.toEqual(expect.arrayContaining(['proxy-authorization']));
  expect(names.filter((name) => name.startsWith('fibonacci-'))).toEqual(['fibonacci-timeout-ms']);
  expect(Number(headers[headers.indexOf('fibonacci-timeout-ms') + 1])).toBeLessThanOrEqual(5000);
});

test('request id and trace context are taken over when they are well-formed, and made when not', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const ask = async (headers: Record<string, string>) => {
    const answer = await fetch(`${world.url}/hello`, { headers });
    const { headers: list } = (await answer.json()) as { headers: string[] };
    const given = (name: string) => list[list.indexOf(name) + 1];
    return { id: answer.headers.get('x-request-id'), given };
  };
  const kept = await ask({ 'x-request-id': 'my-id:1', traceparent, tracestate: 'a=b', 'x-forwarded-for': '10.0.0.9' });
  expect([kept.id, kept.given('x-request-id'), kept.given('traceparent'), kept.given('tracestate')]).toEqual(['my-id:1', 'my-id:1', traceparent, 'a=b']);
  expect(kept.given('x-forwarded-for')).toBe('10.0.0.9, 127.0.0.1');
  const made = await ask({ 'x-request-id': 'not an id', traceparent: '00-zero-zero-00', tracestate: 'a=b' });
  expect(made.id).toMatch(/^[0-9a-f]{32}$/);
  expect(made.given('traceparent')).toMatch(new RegExp(`^00-${made.id}-[0-9a-f]{16}-01$`));
});

test('headers must arrive within ten seconds, looked at every five', () => {
  const { server } = world.gateway.invocations;
  expect(server.headersTimeout).toBe(10_000);
  expect(
    (server as unknown as Record<symbol, { _idleTimeout?: number }>)[
      Object.getOwnPropertySymbols(server).find(({ description }) => description === 'http.server.connectionsCheckingInterval') as symbol
    ]?._idleTimeout,
  ).toBe(5000);
});

test('an address that holds its share of connections gets no more, until one closes', async () => {
  await new Promise((resolve) => setTimeout(resolve, 50));
  const sockets = await Promise.all(Array.from({ length: 30 }, () => open(world.url)));
  const closed = sockets.map((socket) => new Promise((resolve) => socket.on('close', resolve).on('error', () => {})));
  await Promise.race([Promise.all(closed.slice(20)), new Promise((resolve) => setTimeout(resolve, 500))]);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const alive = sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
  expect(alive).toBeGreaterThan(0);
  expect(alive).toBeLessThanOrEqual(20);
  sockets.forEach((socket) => socket.destroy());
  await Promise.all(closed);
  await expect
    .poll(() =>
      fetch(`${world.url}/hello`).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200);
});
