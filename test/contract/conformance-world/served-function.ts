import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { bytesOf, Exchange, type RequestSpec } from '../watcher/exchange.ts';
import type { Outcome } from '../watcher/match.ts';
import { createPush } from '../watcher/push.ts';
import { WatcherProcess } from '../watcher/watcher-process.ts';
import type { CloudEvent } from './events.ts';
import { FIXTURE, type Language, type Target } from './languages.ts';

export interface ServedFunction {
  send(spec: RequestSpec): Promise<Outcome>;
  /** What the function has written since it was last asked. */
  output(): unknown;
  close(): Promise<void>;
}

/** A watcher of its own with one function of the fixture. */
export async function serveFunction(
  { language, signature: usual }: Pick<Language, 'language' | 'signature'>,
  { fixture = FIXTURE, handler, type, signature = usual }: Partial<Target>,
): Promise<ServedFunction> {
  const watcher = new WatcherProcess(language);
  await watcher.start();
  const load = { ...(handler === undefined ? {} : { handler }), env: type === undefined ? {} : { FUNCTION_SIGNATURE_TYPE: type } };
  const { headers, body } = createPush('specialize', { load }, { language, fixture, signature, load: {} }, watcher.key);
  const push = { method: 'POST', path: '/_/specialize', headers, body: { base64: body.toString('base64') } };
  const { status, body: answer } = await new Exchange(watcher.controlPort, push).done;
  if (status !== 200) {
    await watcher.close();
    throw new Error(`${language} does not load ${handler ?? fixture}: ${answer.toString('utf8')}`);
  }
  const file = join(watcher.scratch, 'function_output.json');
  return {
    send: (spec) => new Exchange(watcher.dataPort, spec).done,
    output() {
      const text = readFileSync(file, 'utf8');
      rmSync(file);
      return JSON.parse(text);
    },
    close: async () => void (await watcher.close()),
  };
}

/** The same for the tests of a block. */
export function serving(...args: Parameters<typeof serveFunction>): { readonly function: ServedFunction } {
  const world: { function: ServedFunction | undefined } = { function: undefined };
  beforeAll(async () => {
    world.function = await serveFunction(...args);
  });
  afterAll(() => world.function?.close());
  return world as { readonly function: ServedFunction };
}

export function jsonRequest(value: unknown): RequestSpec {
  return { method: 'POST', path: '/', headers: { 'content-type': 'application/json' }, body: { json: value } };
}

export function structured(event: CloudEvent): RequestSpec {
  return { ...jsonRequest(event), headers: { 'content-type': 'application/cloudevents+json' } };
}

export function binary({ data, datacontenttype, ...attributes }: CloudEvent): RequestSpec {
  const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));
  return { method: 'POST', path: '/', headers: { ...headers, 'content-type': datacontenttype }, body: bytesOf({ json: data })?.toString('utf8') };
}
