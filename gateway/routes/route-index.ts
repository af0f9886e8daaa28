import { decideRoutes, routeKey } from '../../protocol/routes.ts';
import type { TriggerResource } from '../../protocol/schema/resources.ts';

/** A route that is served. */
export interface Route<T> {
  readonly target: T;
  readonly trigger: TriggerResource;
}

export interface RouteIndex<T> {
  /** Adds or replaces a trigger's claim; `target` is what the route leads to. */
  set(trigger: TriggerResource, target: T): void;
  remove(namespace: string, name: string): void;
  /**
   * The most specific route for a canonical path: its own host before any host, `exact` before `prefix`, longer before shorter; routes without this method are passed over.
   * The cost depends on the path's segments, not on the number of routes.
   */
  match(host: string, path: string, method: string): Route<T> | undefined;
  /** Methods that some route of the path takes, for `allow`; empty when there is no route at all. */
  methodsOf(host: string, path: string): readonly string[];
}

interface Claim<T> extends Route<T> {
  readonly methods: ReadonlySet<string> | undefined;
}

/** All claims of one host, path and kind of match, and those that won. */
interface Bucket<T> {
  readonly claims: Map<string, Claim<T>>;
  served: readonly Claim<T>[];
}

interface Node<T> {
  readonly children: Map<string, Node<T>>;
  exact?: Bucket<T>;
  prefix?: Bucket<T>;
}

/** A trie by path segments for each host. */
export function createRouteIndex<T>(): RouteIndex<T> {
  const hosts = new Map<string, Node<T>>();
  const placed = new Map<string, TriggerResource>();

  const remove = (namespace: string, name: string) => {
    const key = `${namespace}/${name}`;
    const http = placed.get(key)?.spec.http;
    placed.delete(key);
    if (!http) return;
    const bucket = bucketOf(hosts, http.host ?? '', http.path, http.match);
    bucket.claims.delete(key);
    decide(bucket);
    if (bucket.claims.size === 0) prune(hosts, http.host ?? '', http.path);
  };

  return {
    set(trigger, target) {
      const { namespace, name } = trigger.metadata;
      const http = trigger.spec.http;
      const key = `${namespace}/${name}`;
      const before = placed.get(key)?.spec.http;
      if (before && (!http || routeKey(before) !== routeKey(http))) remove(namespace, name);
      if (!http) return;
      placed.set(key, trigger);
      const bucket = bucketOf(hosts, http.host ?? '', http.path, http.match);
      bucket.claims.set(key, { target, trigger, methods: http.methods.length > 0 ? new Set(http.methods) : undefined });
      decide(bucket);
    },
    remove,
    match(host, path, method) {
      const own = host === '' ? undefined : hosts.get(host);
      const found = own && walk(own, path, method);
      if (found) return found;
      const any = hosts.get('');
      return any && walk(any, path, method);
    },
    methodsOf(host, path) {
      const methods = new Set<string>();
      for (const root of [hosts.get(host), hosts.get('')]) {
        for (const claim of root ? claimsAlong(root, path) : []) claim.methods?.forEach((method) => methods.add(method));
      }
      return [...methods].sort();
    },
  };
}

function walk<T>(root: Node<T>, path: string, method: string): Claim<T> | undefined {
  let node = root;
  let best = pick(node.prefix, method);
  for (let from = 1; from < path.length; ) {
    const slash = path.indexOf('/', from);
    const end = slash < 0 ? path.length : slash;
    const child = node.children.get(path.slice(from, end));
    if (!child) return best;
    node = child;
    best = pick(node.prefix, method) ?? best;
    if (slash < 0) return pick(node.exact, method) ?? best;
    from = end + 1;
  }
  return path.length === 1 ? (pick(node.exact, method) ?? best) : best;
}

function pick<T>(bucket: Bucket<T> | undefined, method: string): Claim<T> | undefined {
  if (bucket === undefined) return undefined;
  for (const claim of bucket.served) {
    if (claim.methods === undefined || claim.methods.has(method)) return claim;
  }
  return undefined;
}

function claimsAlong<T>(root: Node<T>, path: string): Claim<T>[] {
  const claims = [...(root.prefix?.served ?? [])];
  let node: Node<T> | undefined = root;
  const segments = path === '/' ? [] : path.slice(1).split('/');
  for (const [index, segment] of segments.entries()) {
    node = node.children.get(segment);
    if (!node) return claims;
    claims.push(...(node.prefix?.served ?? []), ...(index === segments.length - 1 ? (node.exact?.served ?? []) : []));
  }
  return segments.length === 0 ? [...claims, ...(root.exact?.served ?? [])] : claims;
}

function bucketOf<T>(hosts: Map<string, Node<T>>, host: string, path: string, match: 'prefix' | 'exact'): Bucket<T> {
  let node = childOf(hosts, host);
  for (const segment of segmentsOf(path)) node = childOf(node.children, segment);
  return (node[match] ??= { claims: new Map(), served: [] });
}

function childOf<T>(children: Map<string, Node<T>>, segment: string): Node<T> {
  let child = children.get(segment);
  if (!child) children.set(segment, (child = { children: new Map() }));
  return child;
}

function decide<T>(bucket: Bucket<T>): void {
  const { accepted } = decideRoutes([...bucket.claims.values()].map(({ trigger }) => trigger));
  bucket.served = accepted.flatMap(({ metadata }) => bucket.claims.get(`${metadata.namespace}/${metadata.name}`) ?? []);
}

/** Takes empty nodes away, deepest first, so that removed routes leave nothing behind. */
function prune<T>(hosts: Map<string, Node<T>>, host: string, path: string): void {
  const steps = [host, ...segmentsOf(path)];
  const parents: Map<string, Node<T>>[] = [];
  let children: Map<string, Node<T>> | undefined = hosts;
  for (const step of steps) {
    if (!children) return;
    parents.push(children);
    children = children.get(step)?.children;
  }
  for (let depth = steps.length - 1; depth >= 0; depth--) {
    const step = steps[depth] as string;
    const node = parents[depth]?.get(step);
    if (!node || node.children.size > 0 || node.exact?.claims.size || node.prefix?.claims.size) return;
    parents[depth]?.delete(step);
  }
}

function segmentsOf(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}
