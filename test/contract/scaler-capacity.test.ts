import { afterEach, expect, test } from 'vitest';
import { functionObject, httpTrigger, packageOf, type Platform, type PlatformOptions, podPool, startPlatform } from './platform.ts';

let platform: Platform | undefined;
afterEach(async () => {
  await platform?.close();
  platform = undefined;
});
const start = async (options: PlatformOptions) => (platform = await startPlatform(options));

const hello = packageOf({ 'index.js': 'export const handler = () => ({ pid: process.ppid, text: process.env.TEXT ?? "hello" });' });
const hot = { deployment: { type: 'hot' as const, pool: 'web' } };

test('a request to a hot function takes an idle instance of its pool, and the pool refills', async () => {
  const platform = await start({ packages: [hello], objects: [podPool('web', { min: 2 }), functionObject('hello', hello, hot), httpTrigger('hello')] });
  await platform.idle('web', 2);
  const response = await platform.fetch('/hello');
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ text: 'hello' });
  const state = await platform.idle('web', 2);
  expect(state.pools).toEqual([expect.objectContaining({ name: 'default/web', leased: 1 })]);
  expect(state.functions).toEqual([expect.objectContaining({ name: 'default/hello', replicas: 1, readyReplicas: 1, revision: 'hello-00001' })]);
});

test('a request to a cold function starts an instance of its own', async () => {
  const platform = await start({ packages: [hello], objects: [functionObject('hello', hello), httpTrigger('hello')] });
  expect((await platform.state()).instances).toEqual([]);
  const response = await platform.fetch('/hello');
  expect(response.status).toBe(200);
  expect((await platform.state()).instances).toEqual([expect.objectContaining({ function: 'default/hello', state: 'ready', template: expect.stringMatching(/^cold:default\/hello#/) })]);
});
