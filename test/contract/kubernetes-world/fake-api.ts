import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createClient, type KubernetesClient } from '../../../kit/kubernetes/client.ts';
import { createObjects, type FakeObject, type Objects } from './fake-objects.ts';

/** What goes wrong with the watches that run. */
export type Disturbance = 'end' | 'reset' | 'reset-in-line' | 'garbage' | 'expired' | 'error' | 'mute';
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

interface Watch {
  readonly list: string;
  readonly response: ServerResponse;
  muted: boolean;
}

/** A Kubernetes API server as far as our client sees one: lists by page, watches with history, apply, status, delete; and all that can go wrong with it, over real HTTP. */
export interface FakeApi {
  readonly client: KubernetesClient;
  readonly url: string;
  readonly objects: Objects;
  /** `METHOD path?query` of every request, in order. */
  readonly requests: string[];
  watches(): number;
  /** The next requests that match are answered by this, `times` often. */
  answerNext(match: RegExp, answer: Answer, times?: number): void;
  /** Such answers are over. */
  answersEnd(): void;
  disturb(how: Disturbance): void;
  bookmark(): void;
  close(): Promise<void>;
}

export async function startFakeApi(): Promise<FakeApi> {
  const objects = createObjects();
  const requests: string[] = [];
  const watches = new Set<Watch>();
  const answers: { match: RegExp; answer: Answer; times: number }[] = [];

  objects.onChange((list, type, object) => {
    for (const watch of watches) if (watch.list === list && !watch.muted) send(watch.response, { type, object });
  });
  const server = createServer((request, response) => {
    const line = `${request.method} ${request.url}`;
    requests.push(line);
    const special = answers.find(({ match, times }) => times > 0 && match.test(line));
    if (special) {
      special.times--;
      return special.answer(request, response);
    }
    const url = new URL(request.url ?? '', 'http://x');
    if (request.method === 'GET' && url.searchParams.get('watch') === 'true') openWatch(objects, watches, url, response);
    else void answerRequest(objects, request, url, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createClient({ server: url, current: async () => ({ tls: {} }), refused() {} }, 5_000);

  return {
    client,
    url,
    objects,
    requests,
    watches: () => [...watches].filter(({ muted }) => !muted).length,
    answerNext: (match, answer, times = 1) => void answers.push({ match, answer, times }),
    answersEnd: () => void answers.splice(0),
    disturb(how) {
      for (const watch of watches) disturbWatch(watch, how, objects);
      if (how !== 'mute') watches.clear();
    },
    bookmark() {
      for (const { response } of watches) send(response, { type: 'BOOKMARK', object: { metadata: { resourceVersion: objects.version() } } });
    },
    async close() {
      await client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function status(response: ServerResponse, code: number, reason: string, headers: Record<string, string> = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(statusObject(code, reason)));
}

function statusObject(code: number, reason: string) {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: `it is ${reason}`, reason, code };
}

function send(response: ServerResponse, event: object): void {
  response.write(`${JSON.stringify(event)}\n`);
}

function openWatch(objects: Objects, watches: Set<Watch>, url: URL, response: ServerResponse): void {
  const past = objects.since(url.pathname, Number(url.searchParams.get('resourceVersion')));
  if (past === undefined) return status(response, 410, 'Expired');
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  for (const event of past) send(response, event);
  const watch = { list: url.pathname, response, muted: false };
  watches.add(watch);
  response.on('close', () => watches.delete(watch));
}

function disturbWatch(watch: Watch, how: Disturbance, objects: Objects): void {
  const { response } = watch;
  switch (how) {
    case 'end':
      return void response.end();
    case 'reset':
      return void response.socket?.resetAndDestroy();
    case 'reset-in-line':
      response.write('{"type":"MODIFIED","object":{"metadata":{"na', () => response.socket?.resetAndDestroy());
      return;
    case 'garbage':
      return void response.end('<html>Bad gateway</html>\n');
    case 'expired':
      objects.compact();
      send(response, { type: 'ERROR', object: statusObject(410, 'Expired') });
      return void response.end();
    case 'error':
      send(response, { type: 'ERROR', object: statusObject(500, 'InternalError') });
      return void response.end();
    case 'mute':
      watch.muted = true;
  }
}

async function answerRequest(objects: Objects, request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
  const body = await text(request);
  const answer = objects.handle(request.method ?? '', url, body === '' ? undefined : (JSON.parse(body) as FakeObject));
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer.status < 300 ? answer.body : statusObject(answer.status, answer.body as string)));
}
