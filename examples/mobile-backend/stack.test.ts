import { invoke, synthesize } from 'fibonacci-faas/testing';
import { expect, test } from 'vitest';
import stack from './stack.ts';

const secrets = { SIGNING_KEY: 'of the test' };
const feed = async (token: string, path = '/feed') =>
  invoke(synthesize(stack).object('Function', 'feed'), { path, headers: { authorization: `Bearer ${token}` } }, { secrets });

test('a phone gets a token, and with it the feed page by page', async () => {
  const session = synthesize(stack).object('Function', 'session');
  const { token } = (await (await invoke(session, { json: { device: 'phone-7' } }, { secrets })).json()) as { token: string };
  const first = (await (await feed(token)).json()) as { device: string; entries: { id: number }[]; before: number };
  expect([first.device, first.entries.length, first.entries[0]?.id, first.before]).toEqual(['phone-7', 20, 100, 81]);
  expect(await (await feed(token, '/feed?before=3')).json()).toEqual({
    device: 'phone-7',
    entries: [expect.objectContaining({ id: 2 }), expect.objectContaining({ id: 1 })],
  });
});

test('a token of somebody else opens nothing', async () => {
  const claims = Buffer.from(JSON.stringify({ device: 'phone-7', until: 9e9 })).toString('base64url');
  for (const token of ['', claims, `${claims}.`, `${claims}.${'A'.repeat(43)}`]) expect((await feed(token)).status).toBe(401);
});

test('an avatar is a picture', async () => {
  const avatar = synthesize(stack).object('Function', 'avatar');
  const put = (body: Uint8Array<ArrayBuffer>) => invoke(avatar, { method: 'PUT', headers: { 'content-type': 'image/png' }, body });
  const png = await put(new Uint8Array(Buffer.from('89504e470d0a1a0a00', 'hex')));
  expect([png.status, await png.json()]).toEqual([201, expect.objectContaining({ type: 'image/png', bytes: 9 })]);
  expect((await put(new Uint8Array(Buffer.from('<script>')))).status).toBe(415);
});

test('what somebody waits for is hot, what nobody waits for is cold', () => {
  const result = synthesize(stack, { env: 'prod' });
  const type = (name: string) => result.object('Function', name).spec.deployment.type;
  expect(['session', 'feed', 'avatar', 'digest'].map(type)).toEqual(['hot', 'hot', 'cold', 'cold']);
  expect(result.object('PodPool', 'node-pool').spec.min).toBe(10);
});
