import { expect, test } from 'vitest';
import { KubernetesError } from '../../kit/kubernetes/client.ts';
import { ensureOwnSecret } from './own-secret.ts';

const SECRET = { namespace: 'system', name: 'own', key: 'token' };

/** An API server with at most one Secret; `race`: another creates it between our look and our creation. */
function api(stored: string | undefined, { race }: { race?: string } = {}) {
  let value = stored;
  let created = 0;
  const request = async (method: string, _path: string, { body }: { body?: unknown } = {}): Promise<never> => {
    if (method === 'GET') {
      if (value === undefined) throw new KubernetesError({ status: 404, reason: 'NotFound', message: 'no' });
      return { data: { token: Buffer.from(value).toString('base64') } } as never;
    }
    if (race !== undefined) value ??= race;
    if (value !== undefined) throw new KubernetesError({ status: 409, reason: 'AlreadyExists', message: 'there' });
    created++;
    value = (body as { stringData: { token: string } }).stringData.token;
    return {} as never;
  };
  return { request, created: () => created };
}

test('the first start makes it', async () => {
  const server = api(undefined);
  expect(await ensureOwnSecret(server, { ...SECRET, make: () => 'new' })).toBe('new');
  expect(server.created()).toBe(1);
});

test('later starts read it', async () => {
  const server = api('old');
  expect(await ensureOwnSecret(server, { ...SECRET, make: () => 'new' })).toBe('old');
  expect(server.created()).toBe(0);
});

test('of two that start at once both have the value of the first', async () => {
  expect(await ensureOwnSecret(api(undefined, { race: 'of the other' }), { ...SECRET, make: () => 'mine' })).toBe('of the other');
});

test('a Secret without the key is an error with the way out, and never overwritten', async () => {
  const request = async (): Promise<never> => ({ data: {} }) as never;
  await expect(ensureOwnSecret({ request }, { ...SECRET, make: () => 'new' })).rejects.toThrow('kubectl -n system delete secret own');
});
