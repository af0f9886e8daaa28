import { afterEach, expect, test, vi } from 'vitest';
import { type KubernetesClient, KubernetesError } from '../../kit/kubernetes/client.ts';
import { silentLog } from '../../kit/log.ts';
import { SecretPending, type Secrets } from './secrets.ts';
import { createClusterSecrets } from './secrets-cluster.ts';

let secrets: Secrets;
afterEach(() => secrets.close());

/** An API server that answers the first look with this; what is watched never changes. */
function open(answer: () => unknown, onChange: () => void = () => undefined): string[] {
  const asked: string[] = [];
  const client = {
    async request(_method: string, path: string) {
      asked.push(path);
      if (path.endsWith('/secrets'))
        return {
          metadata: { resourceVersion: '1' },
          items: [{ metadata: { name: 'keys', namespace: 'shop', uid: 'u', resourceVersion: '1' }, ...(answer() as object) }],
        };
      return answer();
    },
    async *stream(_path: string, { signal }: { signal?: AbortSignal }) {
      await new Promise((resolve) => signal?.addEventListener('abort', resolve));
      yield* [];
    },
  } as unknown as KubernetesClient;
  secrets = createClusterSecrets({ client, log: silentLog, onChange, named: () => [] });
  return asked;
}

const refused = (status: number) => () => {
  throw new KubernetesError({ status, reason: 'X', message: 'not for you' });
};
const messageOf = () => {
  try {
    return secrets.value('shop', 'keys', 'first');
  } catch (error) {
    return error instanceof SecretPending ? 'pending' : (error as Error).message;
  }
};

test('a Secret that nobody asked for is not read; one that is asked for is pending, and who asked is told when it is there', async () => {
  const onChange = vi.fn<() => void>();
  const asked = open(() => ({ data: { first: Buffer.from('one').toString('base64') } }), onChange);
  expect(asked).toEqual([]);
  expect(messageOf()).toBe('pending');
  await vi.waitFor(() => expect(onChange).toHaveBeenCalled());
  expect(asked[0]).toBe('/api/v1/namespaces/shop/secrets/keys');
});

test.each([
  ['is not there', refused(404), /does not exist in namespace shop: make it with kubectl -n shop create secret generic keys/],
  ['lacks the key', () => ({ data: { second: '' } }), /has no key "first": add it with kubectl -n shop patch secret keys/],
  ['may not be read', refused(403), /cannot be read: not for you; the stack's RoleBinding may be missing/],
])('a Secret that %s is told with the way out', async (_, answer, message) => {
  const onChange = vi.fn<() => void>();
  open(answer, onChange);
  messageOf();
  await vi.waitFor(() => expect(onChange).toHaveBeenCalled());
  expect(messageOf()).toMatch(message);
});
