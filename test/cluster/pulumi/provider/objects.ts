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
    readonly managedFields?: readonly { readonly manager: string }[];
  };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[] };
  readonly [field: string]: unknown;
}

interface Kind {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const FIELD_MANAGER = 'pulumi-kubernetes';
/** For a kind whose CustomResourceDefinition was made a moment ago. */
const KIND_TIMEOUT_MS = 15_000;
const GONE_TIMEOUT_MS = 120_000;

/** Reads and writes objects of all kinds that the API server has. */
export interface Objects {
  /** undefined where there is none, nor its kind. */
  find(object: Manifest): Promise<Manifest | undefined>;
  /** Says what the API server would to a new object. @throws KubernetesError AlreadyExists, Invalid … */
  tryCreate(object: Manifest): Promise<void>;
  /** Server-side apply. @throws KubernetesError Conflict, where somebody else has a field and it is not forced */
  apply(object: Manifest, options: { readonly force: boolean; readonly dryRun?: boolean }): Promise<Manifest>;
  /** Deletes it and waits until it is gone. */
  remove(object: Manifest): Promise<void>;
}

/** @param connect called for each request, so that the provider starts where there is no cluster */
export function createObjects(connect: () => Promise<KubernetesClient>): Objects {
  const find = async (object: Manifest) => {
    const client = await connect();
    return client.request<Manifest>('GET', await pathOf(client, object));
  };
  return {
    find: (object) => find(object).catch(unlessNotFound),
    async tryCreate(object) {
      const client = await connect();
      const path = dirname(await pathOf(client, object, KIND_TIMEOUT_MS));
      await client.request('POST', path, { query: { dryRun: 'All', fieldManager: FIELD_MANAGER }, body: object });
    },
    async apply(object, options) {
      const client = await connect();
      const path = await pathOf(client, object, options.dryRun ? 0 : KIND_TIMEOUT_MS);
      return serverSideApply<Manifest>(client, path, object, { fieldManager: FIELD_MANAGER, ...options });
    },
    async remove(object) {
      const client = await connect();
      const drop = async () => client.request('DELETE', await pathOf(client, object), { query: { propagationPolicy: 'Background' } });
      await drop().catch(unlessNotFound);
      for (const until = Date.now() + GONE_TIMEOUT_MS; await find(object).catch(unlessNotFound);) {
        if (Date.now() > until) throw new Error(`${object.kind} ${object.metadata.name} is still there ${GONE_TIMEOUT_MS / 1000} s after it was deleted`);
        await sleep(100);
      }
    },
  };
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
  for (const until = Date.now() + waitMs; ;) {
    const answer = await client.request<{ resources: readonly Kind[] }>('GET', path).catch(unlessNotFound);
    const found = answer?.resources.find((resource) => resource.kind === kind && !resource.name.includes('/'));
    if (found) return found;
    if (Date.now() >= until)
      throw new KubernetesError({ status: 404, reason: 'NotFound', message: `no matches for kind "${kind}" in version "${apiVersion}"` });
    await sleep(200);
  }
}

function unlessNotFound(error: unknown): undefined {
  if (error instanceof KubernetesError && error.status === 404) return undefined;
  throw error;
}
