import { randomUUID } from 'node:crypto';

export interface FakeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly [field: string]: unknown;
  };
  readonly spec?: unknown;
  readonly status?: unknown;
}

interface Change {
  readonly version: number;
  readonly list: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: FakeObject;
}

interface Answer {
  readonly status: number;
  /** The object, or the reason where the status is no success. */
  readonly body: unknown;
}

/** Objects by the path of their list, with versions and the history of changes. */
export interface Objects {
  version(): string;
  put(list: string, object: { metadata: { name: string; namespace?: string }; spec?: unknown; status?: unknown }): FakeObject;
  remove(list: string, name: string): FakeObject | undefined;
  all(list: string): FakeObject[];
  /** Changes after a version; undefined when they were forgotten. */
  since(list: string, version: number): { type: string; object: FakeObject }[] | undefined;
  readonly snapshots: Map<string, { at: string; items: FakeObject[] }>;
  /** Every change that there ever was. */
  readonly history: readonly Change[];
  /** Forgets the changes so far. */
  compact(): void;
  onChange(listener: (list: string, type: string, object: FakeObject) => void): void;
  handle(method: string, url: URL, body: FakeObject | undefined): Answer;
}

export function createObjects(): Objects {
  const lists = new Map<string, Map<string, FakeObject>>();
  const history: Change[] = [];
  const listeners: ((list: string, type: string, object: FakeObject) => void)[] = [];
  let version = 0;
  let compacted = 0;
  const of = (list: string) => lists.get(list) ?? lists.set(list, new Map()).get(list) ?? new Map<string, FakeObject>();
  const change = (list: string, type: Change['type'], object: FakeObject) => {
    history.push({ version, list, type, object });
    for (const listener of listeners) listener(list, type, object);
    return object;
  };

  const objects: Objects = {
    history,
    snapshots: new Map(),
    version: () => String(version),
    all: (list) => [...of(list).values()],
    put(list, { metadata, ...rest }) {
      const before = of(list).get(metadata.name);
      const same = before && JSON.stringify(before.spec) === JSON.stringify(rest.spec);
      const stamped = {
        ...rest,
        ...(before?.status !== undefined && rest.status === undefined && { status: before.status }),
        metadata: {
          ...metadata,
          uid: before?.metadata.uid ?? randomUUID(),
          resourceVersion: String(++version),
          generation: (before?.metadata.generation ?? 0) + (same ? 0 : 1),
          creationTimestamp: '2026-01-01T00:00:00Z',
          managedFields: [{ manager: 'fake' }],
        },
      };
      of(list).set(metadata.name, stamped);
      return change(list, before ? 'MODIFIED' : 'ADDED', stamped);
    },
    remove(list, name) {
      const before = of(list).get(name);
      if (!before) return undefined;
      of(list).delete(name);
      return change(list, 'DELETED', { ...before, metadata: { ...before.metadata, resourceVersion: String(++version) } });
    },
    since(list, from) {
      if (from < compacted) return undefined;
      return history.filter((entry) => entry.list === list && entry.version > from).map(({ type, object }) => ({ type, object }));
    },
    compact() {
      compacted = ++version;
    },
    onChange: (listener) => void listeners.push(listener),
    handle: (method, url, body) => handle(objects, method, url, body),
  };
  return objects;
}

function handle(objects: Objects, method: string, { pathname, searchParams }: URL, body: FakeObject | undefined): Answer {
  const single =
    /^(?<list>.*\/(functions|revisions|triggers|podpools|scalingrules|leases|endpointslices|configmaps))\/(?<name>[^/]+)(?<status>\/status)?$/.exec(
      pathname,
    )?.groups;
  if (!single) return method === 'GET' ? listPage(objects, pathname, searchParams) : create(objects, pathname, body);
  const { list = '', name = '', status } = single;
  const before = objects.all(list).find((object) => object.metadata.name === name);
  if (method === 'PATCH' && status === undefined && body) return { status: 200, body: objects.put(list, body) };
  if (!before) return { status: 404, body: 'NotFound' };
  if (method === 'PATCH') return { status: 200, body: objects.put(list, { ...before, status: body?.status }) };
  if (method === 'PUT' && body) return replace(objects, list, before, body);
  return { status: 200, body: method === 'DELETE' ? objects.remove(list, name) : before };
}

function create(objects: Objects, list: string, body: FakeObject | undefined): Answer {
  if (!body) return { status: 400, body: 'BadRequest' };
  const exists = objects.all(list).some((object) => object.metadata.name === body.metadata.name);
  return exists ? { status: 409, body: 'AlreadyExists' } : { status: 201, body: objects.put(list, body) };
}

function replace(objects: Objects, list: string, before: FakeObject, body: FakeObject): Answer {
  const stale = body.metadata.resourceVersion !== undefined && body.metadata.resourceVersion !== before.metadata.resourceVersion;
  return stale ? { status: 409, body: 'Conflict' } : { status: 200, body: objects.put(list, body) };
}

/** Pages of one snapshot, as etcd gives them; the token names the snapshot and how far it was read. */
function listPage({ snapshots, version, all }: Objects, list: string, query: URLSearchParams): Answer {
  const limit = Number(query.get('limit') ?? 1e9);
  const [id = '', offset = '0'] = (query.get('continue') ?? '').split(':');
  const { at, items } = snapshots.get(id) ?? { at: version(), items: all(list) };
  const from = Number(offset);
  const more = items.length > from + limit;
  const token = id || String(snapshots.size + 1);
  if (more) snapshots.set(token, { at, items });
  return {
    status: 200,
    body: {
      kind: 'List',
      metadata: { resourceVersion: at, ...(more && { continue: `${token}:${from + limit}` }) },
      items: items.slice(from, from + limit),
    },
  };
}
