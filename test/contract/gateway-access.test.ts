import { afterEach, expect, test } from 'vitest';
import { createClusterReviewer } from '../../gateway/admin/cluster-reviewer.ts';
import { createGateway } from '../../gateway/gateway.ts';
import { KubernetesError } from '../../kit/kubernetes/client.ts';
import { silentLog } from '../../kit/log.ts';
import { parseConfig } from '../../kit/config.ts';
import { gatewayConfig } from '../../protocol/config.ts';
import { fn } from './gateway-world/objects.ts';
import { memoryStore } from './gateway-world/memory-store.ts';
import { createWorld, TOKEN, type World } from './gateway-world/world.ts';
import { freePort } from '../free-port.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const codeOf = async (answer: Response) => ({ status: answer.status, code: ((await answer.json()) as { code: string }).code });

test('the public port serves public functions alone: others are as absent, and what changes takes effect at once', async () => {
  world = await createWorld({ publicPort: await freePort() });
  const { url, store, gateway } = world;
  const outside = gateway.publicInvocations?.url ?? '';
  await world.declare('shown', { access: 'public' });
  await world.declare('hidden');
  await world.serve({ function: 'shown' });
  await world.serve({ function: 'hidden' });
  expect([(await fetch(`${url}/shown`)).status, (await fetch(`${url}/hidden`)).status, (await fetch(`${outside}/shown`)).status]).toEqual([200, 200, 200]);
  expect(await codeOf(await fetch(`${outside}/hidden`))).toEqual(await codeOf(await fetch(`${outside}/never-there`)));
  expect(await codeOf(await fetch(`${outside}/hidden`))).toEqual({ status: 404, code: 'ROUTE_NOT_FOUND' });

  await store.apply(fn('shown', { access: 'internal' }));
  expect((await fetch(`${outside}/shown`)).status).toBe(404);
  await store.apply(fn('hidden', { access: 'public' }));
  expect((await fetch(`${outside}/hidden`)).status).toBe(200);
});

test('a gateway is ready once it met a leader, and stays ready when that goes away', async () => {
  const config = parseConfig(gatewayConfig, {
    FIB_STORE_DIR: '-',
    FIB_INTERNAL_TOKEN: TOKEN,
    FIB_GATEWAY_ID: 'g1',
    FIB_SCALER_URL: `http://127.0.0.1:${await freePort()}`,
    FIB_PORT: '0',
    FIB_ADMIN_PORT: '0',
  });
  const alone = await createGateway({ config, store: memoryStore(), log: silentLog });
  const answer = await fetch(`${alone.admin.url}/_/ready`);
  expect([answer.status, await answer.json()]).toEqual([503, { status: 'waiting for the scaler', scaler: false }]);
  await alone.close();

  world = await createWorld();
  const ready = async () => (await fetch(`${world?.gateway.admin.url}/_/ready`)).json() as Promise<{ status: string; scaler: boolean }>;
  await expect.poll(ready).toEqual({ status: 'ready', scaler: true });
  await world.leader.close();
  await expect.poll(ready).toEqual({ status: 'ready', scaler: false });
});

/** An API server that knows one token, of someone who may list in one namespace and invoke one function. */
function fakeApiServer() {
  const asked: { path: string; spec: Record<string, unknown> }[] = [];
  const request = async (_method: string, path: string, { body }: { body?: unknown } = {}): Promise<never> => {
    const { spec } = body as { spec: Record<string, unknown> };
    asked.push({ path, spec });
    if (spec['token'] === 'breaks it') throw new KubernetesError({ status: 0, reason: 'Unreachable', message: 'no answer' });
    if (path.endsWith('/tokenreviews'))
      return { status: spec['token'] === 'of ada' ? { authenticated: true, user: { username: 'ada', groups: ['dev'] } } : { authenticated: false } } as never;
    const { verb, namespace, name, subresource } = spec['resourceAttributes'] as Record<string, string>;
    const allowed = namespace === 'demo' && (verb === 'list' || (verb === 'create' && subresource === 'invoke' && name === 'hello'));
    return { status: { allowed } } as never;
  };
  return { asked, request };
}

test('with a token of the cluster someone sees and calls what the API server allows, which is asked once in a while', async () => {
  const api = fakeApiServer();
  world = await createWorld({}, { reviewer: createClusterReviewer(api) });
  await world.declare('hello');
  await world.declare('other');
  const elsewhere = fn('secret');
  await world.store.apply({ ...elsewhere, metadata: { ...elsewhere.metadata, namespace: 'elsewhere', uid: 'uid-secret' } });
  await world.serve({ function: 'hello' });
  const admin = (path: string, token: string) => fetch(`${world?.gateway.admin.url}${path}`, { headers: { authorization: `Bearer ${token}` } });

  const listed = (await (await admin('/v1/functions', 'of ada')).json()) as { functions: { name: string }[] };
  expect(listed.functions.map(({ name }) => name)).toEqual(['hello', 'other']);
  expect((await admin('/v1/invoke/demo/hello', 'of ada')).status).toBe(200);
  expect(await codeOf(await admin('/v1/invoke/demo/other', 'of ada'))).toEqual({ status: 403, code: 'NOT_ALLOWED' });
  expect(await codeOf(await admin('/v1/functions', 'of nobody'))).toEqual({ status: 401, code: 'TOKEN_INVALID' });
  expect(await codeOf(await admin('/v1/functions', 'breaks it'))).toEqual({ status: 500, code: 'INTERNAL' });
  expect(((await (await admin('/v1/functions', TOKEN)).json()) as { functions: object[] }).functions).toHaveLength(3);

  const before = api.asked.length;
  expect((await admin('/v1/invoke/demo/hello', 'of ada')).status).toBe(200);
  expect(api.asked).toHaveLength(before);
  expect(api.asked.find(({ path }) => path.endsWith('/subjectaccessreviews'))?.spec).toMatchObject({ user: 'ada', groups: ['dev'] });
});

test('where logs are with the pods, the answer says how to read them', async () => {
  world = await createWorld({ world: 'kubernetes' });
  const answer = await fetch(`${world.gateway.admin.url}/v1/logs`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(await answer.json()).toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('kubectl logs --namespace') });
});

test('a gateway that is to leave says so at once, and goes on answering until nobody is led here any more', async () => {
  world = await createWorld({ drainDelayMs: 400 });
  await world.declare('hello');
  await world.serve({ function: 'hello' });
  const closing = world.gateway.close();
  expect((await fetch(`${world.gateway.admin.url}/_/ready`)).status).toBe(503);
  const answer = await fetch(`${world.url}/hello`, { headers: { connection: 'close' } });
  expect(answer.status).toBe(200);
  await answer.text();
  await closing;
  await expect(fetch(`${world.url}/hello`)).rejects.toThrow();
});
