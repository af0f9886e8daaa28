import { type KubernetesClient, resourcePath } from './client.ts';
import type { LeaseRecord } from './lease-decide.ts';

export interface LeaseApiOptions {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly durationMs: number;
}

/** Reads and writes one Lease as one identity; every write names the version it replaces. All throw KubernetesError. */
export interface LeaseApi {
  /** Of the Lease in a list, for watching it. */
  readonly listPath: string;
  get(): Promise<LeaseRecord | undefined>;
  create(transitions: number): Promise<LeaseRecord>;
  /** Writes us as the holder, with the time of now. */
  hold(transitions: number, version: string): Promise<LeaseRecord>;
  release(transitions: number, version: string): Promise<LeaseRecord>;
}

/** Renewals must not outlive each other. */
const TIMEOUT_MS = 5_000;

export function createLeaseApi({ client, namespace, name, identity, durationMs }: LeaseApiOptions): LeaseApi {
  const listPath = resourcePath({ group: 'coordination.k8s.io', version: 'v1', plural: 'leases', namespace });
  const path = `${listPath}/${encodeURIComponent(name)}`;
  const render = (transitions: number, version?: string, holder: string | undefined = identity) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace, labels: { 'app.kubernetes.io/part-of': 'fibonacci' }, ...(version && { resourceVersion: version }) },
    spec: { holderIdentity: holder, leaseDurationSeconds: Math.ceil(durationMs / 1000), renewTime: microTime(), leaseTransitions: transitions },
  });
  const put = async (body: object) => parseLease(await client.request('PUT', path, { body, timeoutMs: TIMEOUT_MS }));
  return {
    listPath,
    async get() {
      const { items } = await client.request<{ items: unknown[] }>('GET', listPath, {
        query: { fieldSelector: `metadata.name=${name}` },
        timeoutMs: TIMEOUT_MS,
      });
      return items.map(parseLease).find((record) => record.name === name);
    },
    create: async (transitions) => parseLease(await client.request('POST', listPath, { body: render(transitions), timeoutMs: TIMEOUT_MS })),
    hold: (transitions, version) => put(render(transitions, version)),
    release: (transitions, version) => put(render(transitions, version, '')),
  };
}

/** A Lease as the API server sends it. */
export function parseLease(raw: unknown): LeaseRecord & { readonly name: string } {
  const { metadata, spec } = raw as {
    metadata: { name: string; resourceVersion: string };
    spec?: { holderIdentity?: string | null; leaseTransitions?: number | null };
  };
  return { name: metadata.name, version: metadata.resourceVersion, holder: spec?.holderIdentity ?? '', transitions: spec?.leaseTransitions ?? 0 };
}

/** `metav1.MicroTime` wants six digits. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
