export interface WatchEvent<T> {
  readonly type: 'applied' | 'deleted';
  /** As it is now, or was at its deletion as far as is known. */
  readonly object: T;
  /** What it replaced; absent when new. */
  readonly previous?: T;
}

/** The part of an object that the cache goes by. */
interface Meta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

interface Known<T> {
  readonly uid: string | undefined;
  readonly version: string | undefined;
  /** Absent where no version of it could be parsed. */
  readonly object: T | undefined;
}

/** The last state of each object of a list-watch: turns what the API server sends into changes, each told once. Objects are held as `parse` returns them. */
export interface ObjectCache<T> {
  /** What a watch event changes. */
  take(type: string, raw: unknown): WatchEvent<T>[];
  /** A new list: each object as it comes, then, when all came, what is gone. */
  beginList(): { add(raw: unknown): WatchEvent<T>[]; end(): WatchEvent<T>[] };
  objects(): T[];
}

export function createObjectCache<T>(parse: (raw: unknown) => T | undefined): ObjectCache<T> {
  const known = new Map<string, Known<T>>();

  const forget = (key: string, last?: T): WatchEvent<T>[] => {
    const previous = known.get(key)?.object;
    known.delete(key);
    return previous === undefined ? [] : [{ type: 'deleted', object: last ?? previous, previous }];
  };
  const put = (raw: unknown): WatchEvent<T>[] => {
    const meta = metaOf(raw);
    const key = keyOf(meta);
    const before = known.get(key);
    if (before && before.uid === meta.uid && before.version === meta.resourceVersion) return [];
    const replaced = before && before.uid !== meta.uid ? forget(key) : [];
    const previous = known.get(key)?.object;
    const object = parse(raw);
    known.set(key, { uid: meta.uid, version: meta.resourceVersion, object: object ?? previous });
    return object === undefined ? replaced : [...replaced, { type: 'applied', object, ...(previous !== undefined && { previous }) }];
  };

  return {
    take(type, raw) {
      if (type !== 'DELETED') return put(raw);
      const meta = metaOf(raw);
      const key = keyOf(meta);
      return known.get(key)?.uid === meta.uid ? forget(key, parse(raw)) : [];
    },
    beginList() {
      const seen = new Set<string>();
      return {
        add(raw) {
          seen.add(keyOf(metaOf(raw)));
          return put(raw);
        },
        end: () => [...known.keys()].filter((key) => !seen.has(key)).flatMap((key) => forget(key)),
      };
    },
    objects: () => [...known.values()].flatMap(({ object }) => (object === undefined ? [] : [object])),
  };
}

function metaOf(raw: unknown): Meta {
  const { metadata } = (raw ?? {}) as { metadata?: Meta };
  if (typeof metadata?.name !== 'string') throw new TypeError('the API server sent an object without a name');
  return metadata;
}

function keyOf({ namespace = '', name }: Meta): string {
  return [namespace, name].join('/');
}
