import { PART_OF_LABEL } from '../../protocol/cluster-names.ts';
import { type KubernetesClient, KubernetesError, resourcePath } from '../../kit/kubernetes/client.ts';

interface SecretObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface OwnSecret {
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  /** The value of a Secret that is new. */
  make(): string;
}

/**
 * The value of a Secret that the platform makes for itself: created at the first start, read ever after, whoever of several scalers was first.
 * @throws Error where the Secret is there without the key
 * @throws KubernetesError
 */
export async function ensureOwnSecret(client: Pick<KubernetesClient, 'request'>, { namespace, name, key, make }: OwnSecret): Promise<string> {
  const one = resourcePath({ version: 'v1', plural: 'secrets', namespace, name });
  const read = async () => valueOf(await client.request<SecretObject>('GET', one), { namespace, name, key });
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.status !== 404) throw error;
  }
  const value = make();
  const labels = { [PART_OF_LABEL]: 'fibonacci' };
  const body = { apiVersion: 'v1', kind: 'Secret', metadata: { namespace, name, labels }, type: 'Opaque', stringData: { [key]: value } };
  try {
    await client.request('POST', resourcePath({ version: 'v1', plural: 'secrets', namespace }), { body });
    return value;
  } catch (error) {
    if (error instanceof KubernetesError && error.status === 409) return read();
    throw error;
  }
}

function valueOf({ data }: SecretObject, { namespace, name, key }: Omit<OwnSecret, 'make'>): string {
  const encoded = data?.[key];
  if (encoded !== undefined) return Buffer.from(encoded, 'base64').toString('utf8');
  throw new Error(
    `Secret ${name} in namespace ${namespace} has no key "${key}": delete it, and the scaler makes it anew (kubectl -n ${namespace} delete secret ${name})`,
  );
}
