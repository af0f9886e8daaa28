import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverSideApply } from '../../../../kit/kubernetes/apply.ts';
import { type KubernetesClient, KubernetesError, resourcePath } from '../../../../kit/kubernetes/client.ts';

/** Any object of Kubernetes. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly { readonly manager: string; readonly fieldsV1?: unknown }[];
  };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  readonly [field: string]: unknown;
}

type Kind = Readonly<{ name: string; kind: string; namespaced: boolean }>;

export const FIELD_MANAGER = 'pulumi-kubernetes';
/** For a kind whose CustomResourceDefinition was made a moment ago. */
const KIND_TIMEOUT_MS = 15_000;
const GONE_TIMEOUT_MS = 120_000;

/** Reads and writes objects of all kinds that the API server has. */
export class Objects {
  readonly #connect: () => Promise<KubernetesClient>;

  /** @param connect called for each request, so that the provider starts where there is no cluster */
  constructor(connect: () => Promise<KubernetesClient>) {
    this.#connect = connect;
  }

  /** undefined where there is none, nor its kind. */
  async find(object: Manifest): Promise<Manifest | undefined> {
    const read = async (client: KubernetesClient) => client.request<Manifest>('GET', await pathOf(client, object));
    return this.#connect().then(read).catch(unlessNotFound);
  }

  /** Says what the API server would to a new object. @throws KubernetesError AlreadyExists, Invalid … */
  async tryCreate(object: Manifest): Promise<void> {
    const client = await this.#connect();
    const path = dirname(await pathOf(client, object, KIND_TIMEOUT_MS));
    await client.request('POST', path, { query: { dryRun: 'All', fieldManager: FIELD_MANAGER }, body: object });
  }

  /** Server-side apply. @throws KubernetesError Conflict, where somebody else has a field */
  async apply(object: Manifest, { dryRun = false } = {}): Promise<Manifest> {
    const client = await this.#connect();
    const path = await pathOf(client, object, dryRun ? 0 : KIND_TIMEOUT_MS);
    return serverSideApply<Manifest>(client, path, object, { fieldManager: FIELD_MANAGER, force: false, dryRun });
  }

  /** Deletes it and waits until it is gone. */
  async remove(object: Manifest): Promise<void> {
    const drop = async (client: KubernetesClient) => client.request('DELETE', await pathOf(client, object), { query: { propagationPolicy: 'Background' } });
    await this.#connect().then(drop).catch(unlessNotFound);
    for (const until = Date.now() + GONE_TIMEOUT_MS; await this.find(object); await sleep(100)) {
      if (Date.now() > until) throw new Error(`${object.kind} ${object.metadata.name} is still there ${GONE_TIMEOUT_MS / 1000} s after it was deleted`);
    }
  }
}

async function pathOf(client: KubernetesClient, object: Manifest, waitMs = 0): Promise<string> {
  const { apiVersion, metadata } = object;
  const { namespaced, name: plural } = await findKind(client, object, waitMs);
  const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
  return resourcePath({ group, version, plural, namespace: namespaced ? (metadata.namespace ?? 'default') : '', name: metadata.name });
}

/** Asked each time: a kind may be gone, or have come. */
async function findKind(client: KubernetesClient, { apiVersion, kind }: Manifest, waitMs: number): Promise<Kind> {
  const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  for (const until = Date.now() + waitMs; ; await sleep(200)) {
    const answer = await client.request<{ resources: readonly Kind[] }>('GET', path).catch(unlessNotFound);
    const found = answer?.resources.find((resource) => resource.kind === kind && !resource.name.includes('/'));
    if (found) return found;
    if (Date.now() >= until)
      throw new KubernetesError({ status: 404, reason: 'NotFound', message: `no matches for kind "${kind}" in version "${apiVersion}"` });
  }
}

function unlessNotFound(error: unknown): undefined {
  if (!(error instanceof KubernetesError) || error.status !== 404) throw error;
}
