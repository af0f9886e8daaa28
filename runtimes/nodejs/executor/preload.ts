import type { Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Tally } from '../tally.ts';
import { Front } from './front.ts';
import type { Output } from './output.ts';

const LIMITS = { mode: 'thread', concurrency: 1, timeoutMs: 1000, maxBodyBytes: 1000, memoryLimitBytes: undefined, env: {} } as const;
const ORDER = { ...LIMITS, function: { namespace: '', name: '', uid: '' }, content: '', handler: 'index.handler', signature: 'event', folder: '' } as const;
const REQUEST = 'POST /?warm=1 HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}';

/**
 * Pays in the waiting executor what the first load and the first request would pay: the module loader, the classes of signature `fetch` (Node defines them at their first use), one request through the whole front.
 */
export async function preload(): Promise<void> {
  const empty: string = 'data:text/javascript,export const handler = 0';
  await import(empty);
  await new Request('http://localhost/', { method: 'POST', body: '{}' }).json();
  await Response.json({}).text();
  await requestOnce();
}

/** A request over a connection in memory, to a function that returns its event. */
async function requestOnce(): Promise<void> {
  const output: Output = { run: (_requestId, code) => code(), log: () => undefined };
  const [client, server] = duplexPair();
  const front = new Front({
    order: ORDER,
    loaded: { signature: 'event', handler: (event) => event, upgrade: undefined },
    tally: new Tally(),
    keepAlive: true,
    empty: () => undefined,
    host: {
      identity: { namespace: '', functionName: '', content: '' },
      output,
      entered: () => undefined,
      begun: () => undefined,
      failed: () => undefined,
      timedOut: () => undefined,
    },
  });
  front.take(server as unknown as Socket);
  client.write(REQUEST);
  await finished(client.resume(), { writable: false });
  front.close();
}
