import { KubernetesError } from '../../kit/kubernetes/error.ts';

/** A kind that the API server serves. */
export interface ResourceType {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

type Get = <T>(path: string) => Promise<T>;

/** Kind and group, as `Deployment.apps` and `ConfigMap`. */
export type GroupKind = string;

/** The kinds that the API server serves, asked for by group and version as they are needed. */
export interface Discovery {
  /** Undefined where the API server does not know it. */
  find(apiVersion: string, kind: string): Promise<ResourceType | undefined>;
  /** The kind in the version that the API server prefers. */
  findGroupKind(groupKind: GroupKind): Promise<ResourceType | undefined>;
  /** CRDs were made: what was unknown may be known now. */
  forget(): void;
}

export function createDiscovery(get: Get): Discovery {
  let known = new Map<string, Promise<ResourceType[]>>();
  const listed = (apiVersion: string): Promise<ResourceType[]> => {
    let types = known.get(apiVersion);
    if (!types) known.set(apiVersion, (types = listTypes(get, apiVersion)));
    return types;
  };
  const find = async (apiVersion: string, kind: string) => (await listed(apiVersion)).find((type) => type.kind === kind);
  return {
    find,
    async findGroupKind(groupKind) {
      const [kind = '', ...group] = groupKind.split('.');
      const version = group.length === 0 ? 'v1' : await preferredVersion(get, group.join('.'));
      return version === undefined ? undefined : find(version, kind);
    },
    forget() {
      known = new Map();
    },
  };
}

export function groupKindOf({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }): GroupKind {
  return apiVersion.includes('/') ? `${kind}.${apiVersion.split('/')[0]}` : kind;
}

async function listTypes(get: Get, apiVersion: string): Promise<ResourceType[]> {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const list = await orNotFound(get<ResourceList>(group === '' ? `/api/${version}` : `/apis/${group}/${version}`));
  const types = (list?.resources ?? []).filter(({ name }) => !name.includes('/'));
  return types.map(({ name, kind, namespaced }) => ({ group, version, kind, plural: name, namespaced }));
}

async function preferredVersion(get: Get, group: string): Promise<string | undefined> {
  const found = await orNotFound(get<{ preferredVersion?: { groupVersion?: string } }>(`/apis/${group}`));
  return found?.preferredVersion?.groupVersion;
}

async function orNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof KubernetesError && error.status === 404) return undefined;
    throw error;
  }
}

interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}
