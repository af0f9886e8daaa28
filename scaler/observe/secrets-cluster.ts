import { PlatformError } from '../../protocol/errors.ts';
import { type KubernetesClient, KubernetesError, resourcePath } from '../../kit/kubernetes/client.ts';
import { type ResourceWatch, watchResources } from '../../kit/kubernetes/list-watch.ts';
import type { Log } from '../../kit/log.ts';
import { SecretPending, type Secrets } from './secrets.ts';

interface SecretObject {
  readonly metadata: { readonly resourceVersion?: string };
  readonly data?: Readonly<Record<string, string>>;
}

export interface ClusterSecretsDeps {
  readonly client: KubernetesClient;
  readonly log: Log;
  /** Values are other than before. */
  onChange(): void;
  /** Secrets that Functions name now; others are let go of from time to time. */
  named(): Iterable<{ readonly namespace: string; readonly name: string }>;
}

type Known =
  | { readonly kind: 'pending' }
  | { readonly kind: 'absent' }
  /** The API server does not let us read it, or does not answer. */
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'read'; readonly data: Readonly<Record<string, string>> };

interface Entry {
  readonly namespace: string;
  readonly name: string;
  known: Known;
  watch?: ResourceWatch;
  retry?: NodeJS.Timeout;
}

const RETRY_MS = 5000;
const SWEEP_MS = 60_000;

/** The Secrets that Functions name, and only those: each is read and watched by its name, for that is all that the scaler's Roles grant. */
export function createClusterSecrets({ client, log, onChange, named }: ClusterSecretsDeps): Secrets {
  const entries = new Map<string, Entry>();
  let closed = false;

  const know = (entry: Entry, known: Known) => {
    if (closed || JSON.stringify(entry.known) === JSON.stringify(known)) return;
    entry.known = known;
    onChange();
  };
  const open = async (entry: Entry) => {
    const { namespace, name } = entry;
    try {
      const found = await client.request<SecretObject>('GET', resourcePath({ version: 'v1', plural: 'secrets', namespace, name }));
      know(entry, { kind: 'read', data: found.data ?? {} });
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error;
      if (error.status !== 404) {
        if (entry.known.kind !== 'read') know(entry, { kind: 'unreadable', reason: error.message });
        if (!closed) entry.retry = setTimeout(start, RETRY_MS, entry);
        return;
      }
      know(entry, { kind: 'absent' });
    }
    if (!closed && entries.get(keyOf(entry)) === entry) entry.watch = follow(entry);
  };
  const follow = (entry: Entry) => {
    const { namespace, name } = entry;
    return watchResources<SecretObject>({
      client,
      path: resourcePath({ version: 'v1', plural: 'secrets', namespace }),
      fieldSelector: `metadata.name=${name}`,
      log,
      onSync: ([found]) => know(entry, found ? { kind: 'read', data: found.data ?? {} } : { kind: 'absent' }),
      onEvent: ({ type, object }) => know(entry, type === 'deleted' ? { kind: 'absent' } : { kind: 'read', data: object.data ?? {} }),
    });
  };
  const start = (entry: Entry) => void open(entry).catch((err: unknown) => log.error('a secret could not be read', { secret: keyOf(entry), err }));
  const release = async (entry: Entry) => {
    entries.delete(keyOf(entry));
    clearTimeout(entry.retry);
    await entry.watch?.close();
  };
  const sweep = setInterval(() => {
    const wanted = new Set([...named()].map(keyOf));
    for (const [key, entry] of entries) if (!wanted.has(key)) void release(entry);
  }, SWEEP_MS);

  return {
    value(namespace, name, key) {
      let entry = entries.get(keyOf({ namespace, name }));
      if (!entry) {
        entry = { namespace, name, known: { kind: 'pending' } };
        entries.set(keyOf(entry), entry);
        start(entry);
      }
      return valueOf(entry, key);
    },
    async close() {
      closed = true;
      clearInterval(sweep);
      await Promise.all([...entries.values()].map(release));
    },
  };
}

function valueOf({ namespace, name, known }: Entry, key: string): string {
  if (known.kind === 'pending') throw new SecretPending(namespace, name);
  const encoded = known.kind === 'read' && Object.hasOwn(known.data, key) ? known.data[key] : undefined;
  if (encoded !== undefined) return Buffer.from(encoded, 'base64').toString('utf8');
  throw new PlatformError('SECRET_MISSING', describeMissing({ namespace, name, known }, key), { details: { namespace, secret: name, key } });
}

function describeMissing({ namespace, name, known }: Pick<Entry, 'namespace' | 'name' | 'known'>, key: string): string {
  if (known.kind === 'unreadable')
    return `secret "${name}" in namespace ${namespace} cannot be read: ${known.reason}; the stack's RoleBinding may be missing: deploy the stack again`;
  if (known.kind === 'read')
    return `secret "${name}" in namespace ${namespace} has no key "${key}": add it with kubectl -n ${namespace} patch secret ${name} --patch '{"stringData":{"${key}":"…"}}'`;
  return `secret "${name}" does not exist in namespace ${namespace}: make it with kubectl -n ${namespace} create secret generic ${name} --from-literal='${key}=…'`;
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
