import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DiffResult, Provider } from '@pulumi/pulumi/provider/index.js';
import { KubernetesError } from '../../../../kit/kubernetes/client.ts';
import { IGNORED, withoutIgnored } from './ignored.ts';
import type { Manifest, Objects } from './objects.ts';
import { hasUnknown, isObject, markSecrets, type Properties, secret, unwrapSecrets } from './values.ts';

/** What the engine keeps of a resource: the object as it was last seen, and from what it was made. */
export type State = Properties & { readonly __inputs: Properties };

export interface ProviderOptions {
  readonly objects: Objects;
  /** As the real provider's setting of that name. @default false */
  readonly enableConfigMapMutable?: boolean;
  /** For `pulumi.com/waitFor`. @default 60000 */
  readonly waitTimeoutMs?: number;
}

/**
 * Stands in for the Kubernetes provider: generic resources by server-side apply, with the behaviours of the real one that a program can run into. What it cannot show: what the real one awaits on its own, its detailed differences, its own configuration.
 */
export function createKubernetesProvider({ objects, enableConfigMapMutable = false, waitTimeoutMs = 60_000 }: ProviderOptions) {
  const write = async (inputs: Properties, object: Manifest): Promise<State> => {
    let live = await objects.apply(object).catch((error: unknown) => refuse(object, error));
    const condition = /^condition=(.+)$/.exec(object.metadata.annotations?.['pulumi.com/waitFor'] ?? '')?.[1];
    for (const until = Date.now() + waitTimeoutMs; condition !== undefined && !hasCondition(live, condition); await sleep(200)) {
      if (Date.now() > until) throw initFailed(object, toState(live, inputs), `did not get its condition ${condition} within ${waitTimeoutMs / 1000} s`);
      live = (await objects.find(object)) ?? live;
    }
    return toState(live, inputs);
  };

  return {
    version: '4.34.2',
    async check(_urn, _olds: Properties, news: Properties) {
      const metadata = news['metadata'];
      const missing = ['apiVersion', 'kind'].filter((field) => typeof news[field] !== 'string');
      if (!isObject(metadata) || metadata['name'] === undefined) missing.push('metadata.name');
      return { inputs: news, failures: missing.map((property) => ({ property, reason: 'is required' })) };
    },

    async diff(_id, _urn, { __inputs: olds }: State, { [IGNORED]: ignored = [], ...news }: Properties): Promise<DiffResult> {
      const before = unwrapSecrets<Manifest>(olds);
      const after = unwrapSecrets<Manifest>(news);
      if (!isDeepStrictEqual(identityOf(before), identityOf(after))) return { changes: true, replaces: ['metadata'] };
      if (hasUnknown(news)) return { changes: true };
      const content = ['data', 'binaryData'].filter((field) => !isDeepStrictEqual(before[field], after[field]));
      if (after.kind === 'ConfigMap' && !enableConfigMapMutable && content.length > 0) return replaced(content);
      try {
        const live = await objects.find(after);
        const next = await objects.apply(withoutIgnored(after, ignored as string[], live), { dryRun: true });
        return { changes: !isDeepStrictEqual(withoutBookkeeping(live), withoutBookkeeping(next)) };
      } catch (error) {
        if (isImmutable(error)) return replaced(Object.keys(after).filter((field) => !isDeepStrictEqual(before[field], after[field])));
        // With no cluster, or with no kind yet, what the program says is all there is.
        if (error instanceof KubernetesError && ![0, 404].includes(error.status)) return refuse(after, error);
        return { changes: !isDeepStrictEqual(before, after) };
      }
    },

    async create(_urn, inputs: Properties) {
      const object = unwrapSecrets<Manifest>(inputs);
      await objects.tryCreate(object).catch(async (error) => refuse(object, error, await objects.find(object).catch(() => undefined)));
      return { id: idOf(object), outs: await write(inputs, object) };
    },

    async read(id, _urn, { __inputs: inputs }: State) {
      const live = await objects.find(unwrapSecrets<Manifest>(inputs));
      return live ? { id, props: toState(live, inputs) } : { id: '', props: {} };
    },

    async update(_id, _urn, _olds: State, { [IGNORED]: ignored = [], ...news }: Properties) {
      const object = unwrapSecrets<Manifest>(news);
      return { outs: await write(news, withoutIgnored(object, ignored as string[], await objects.find(object))) };
    },

    delete: (_id, _urn, { __inputs: inputs }: State) => objects.remove(unwrapSecrets<Manifest>(inputs)),
  } satisfies Provider;
}

function toState(live: Manifest, inputs: Properties): State {
  const seen = markSecrets({ ...withoutBookkeeping(live), ...(live.status && { status: live.status }) }, inputs) as Properties;
  // Whatever the program said of them: what a Secret holds is secret.
  const hidden = seen['kind'] === 'Secret' ? ['data', 'stringData'].filter((field) => field in seen) : [];
  return { ...seen, ...Object.fromEntries(hidden.map((field) => [field, secret(unwrapSecrets(seen[field]))])), __inputs: inputs };
}

/** It is there, and not as it should be: the engine keeps it. */
function initFailed(object: Manifest, properties: State, reason: string): Error {
  return Object.assign(new Error(`${nameOf(object)} ${reason}`), { id: idOf(object), properties, reasons: [`${nameOf(object)} ${reason}`] });
}

/** Without what each write changes and what others say of it. */
function withoutBookkeeping(live: Manifest | undefined): Properties | undefined {
  if (!live) return undefined;
  const { metadata, status: _status, ...object } = live;
  const { managedFields: _fields, resourceVersion: _version, generation: _generation, ...kept } = metadata as Properties;
  return { ...object, metadata: kept };
}

/** Under the same name, the old one has to go first. */
function replaced(fields: readonly string[]): DiffResult {
  return { changes: true, replaces: [...fields], deleteBeforeReplace: true };
}

function isImmutable(error: unknown): boolean {
  return error instanceof KubernetesError && error.status === 422 && /immutable|cannot change|are forbidden/i.test(error.message);
}

/** Names the object in what the API server says against it, and whose it is. */
function refuse(object: Manifest, error: unknown, existing?: Manifest): never {
  const managers = [...new Set(existing?.metadata.managedFields?.map(({ manager }) => manager))];
  const owners = managers.length > 0 ? `; its fields are managed by ${managers.join(', ')}` : '';
  const { message, reason } = error as KubernetesError;
  throw new Error(`${nameOf(object)}: ${reason ? `${reason}: ` : ''}${message}${owners}`, { cause: error });
}

function hasCondition({ status }: Manifest, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

function identityOf({ apiVersion, kind, metadata }: Manifest): readonly unknown[] {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  return [group, kind, metadata.namespace, metadata.name];
}

function idOf({ metadata: { namespace, name } }: Manifest): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

function nameOf(object: Manifest): string {
  return `${object.apiVersion} ${object.kind} ${idOf(object)}`;
}
