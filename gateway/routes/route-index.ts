import { functionName } from '../../protocol/names.ts';
import { decideRoutes, routeKey } from '../../protocol/routes.ts';
import type { TriggerResource } from '../../protocol/schema/resources.ts';
import type { HttpTriggerSpec } from '../../protocol/schema/trigger.ts';

/** A route that is served. */
export interface Route<T> {
  readonly target: T;
  readonly trigger: TriggerResource;
}

type Visible<T> = (target: T) => boolean;

export interface RouteIndex<T> {
  /** Adds or replaces a trigger's claim; `target` is what the route leads to. */
  set(trigger: TriggerResource, target: T): void;
  remove(namespace: string, name: string): void;
  /**
   * The most specific route for a canonical path: its own host before any host, `exact` before `prefix`, longer before shorter; routes without this method are passed over.
   * The cost depends on the path's segments, not on the number of routes. Routes whose target is not `visible` are as if they were not there.
   */
  match(host: string, path: string, method: string, visible?: Visible<T>): Route<T> | undefined;
  /** Methods that some route of the path takes, for `allow`; empty when there is no route at all. */
  methodsOf(host: string, path: string, visible?: Visible<T>): readonly string[];
}

interface Claim<T> extends Route<T> {
  /** Undefined: all. */
  readonly methods: ReadonlySet<string> | undefined;
  /** Another that is served beside it, for other methods. */
  next: Claim<T> | undefined;
}

/** A path segment. It holds what a match looks at and nothing else, so that a match touches little memory. */
interface Node<T> {
  children: Map<string, Node<T>> | undefined;
  exact: Claim<T> | undefined;
  prefix: Claim<T> | undefined;
}

/** A trie by path segments for each host; beside it, all claims by route, to decide again when one comes or goes. */
export function createRouteIndex<T>(): RouteIndex<T> {
  const hosts = new Map<string, Node<T>>();
  const claimed = new Map<string, readonly Claim<T>[]>();
  const placed = new Map<string, HttpTriggerSpec>();

  const decide = (http: HttpTriggerSpec) => {
    const claims = claimed.get(routeKey(http)) ?? [];
    const { accepted } = decideRoutes(claims.map(({ trigger }) => trigger));
    const served = accepted.map((trigger) => claims.find((claim) => claim.trigger === trigger) as Claim<T>);
    served.forEach((claim, index) => (claim.next = served[index + 1]));
    if (served.length > 0) nodeAt(hosts, http)[http.match] = served[0];
    else clear(hosts, http);
  };
  const remove = (namespace: string, name: string) => {
    const key = functionName(namespace, name);
    const http = placed.get(key);
    if (!http) return;
    placed.delete(key);
    const route = routeKey(http);
    const others = (claimed.get(route) ?? []).filter(({ trigger }) => !isNamed(trigger, namespace, name));
    if (others.length > 0) claimed.set(route, others);
    else claimed.delete(route);
    decide(http);
  };
  return {
    set(trigger, target) {
      const { namespace, name } = trigger.metadata;
      const http = trigger.spec.http;
      const key = functionName(namespace, name);
      const before = placed.get(key);
      if (before && (!http || routeKey(before) !== routeKey(http))) remove(namespace, name);
      if (!http) return;
      placed.set(key, http);
      const route = routeKey(http);
      const others = (claimed.get(route) ?? []).filter((claim) => !isNamed(claim.trigger, namespace, name));
      const methods = http.methods.length > 0 ? new Set(http.methods) : undefined;
      claimed.set(route, [...others, { target, trigger, methods, next: undefined }]);
      decide(http);
    },
    remove,
    match(host, path, method, visible) {
      const own = host === '' ? undefined : hosts.get(host);
      const found = own && walk(own, path, method, visible);
      if (found) return found;
      const any = hosts.get('');
      return any && walk(any, path, method, visible);
    },
    methodsOf(host, path, visible = () => true) {
      const methods = new Set<string>();
      for (const root of [hosts.get(host), hosts.get('')]) {
        for (const claim of root ? claimsAlong(root, path) : []) if (visible(claim.target)) claim.methods?.forEach((method) => methods.add(method));
      }
      return [...methods].sort();
    },
  };
}

function isNamed({ metadata }: TriggerResource, namespace: string, name: string): boolean {
  return metadata.name === name && metadata.namespace === namespace;
}

function walk<T>(root: Node<T>, path: string, method: string, visible: Visible<T> | undefined): Claim<T> | undefined {
  let node = root;
  let best = pick(node.prefix, method, visible);
  for (let from = 1; from < path.length;) {
    if (node.children === undefined) return best;
    const slash = path.indexOf('/', from);
    const child = node.children.get(slash < 0 ? path.slice(from) : path.slice(from, slash));
    if (child === undefined) return best;
    node = child;
    best = pick(node.prefix, method, visible) ?? best;
    if (slash < 0) return pick(node.exact, method, visible) ?? best;
    from = slash + 1;
  }
  return path.length === 1 ? (pick(node.exact, method, visible) ?? best) : best;
}

function pick<T>(first: Claim<T> | undefined, method: string, visible: Visible<T> | undefined): Claim<T> | undefined {
  let claim = first;
  while (claim !== undefined && ((claim.methods !== undefined && !claim.methods.has(method)) || (visible !== undefined && !visible(claim.target))))
    claim = claim.next;
  return claim;
}

function claimsAlong<T>(root: Node<T>, path: string): Claim<T>[] {
  const claims = chain(root.prefix);
  let node: Node<T> | undefined = root;
  for (const segment of segmentsOf(path)) {
    node = node.children?.get(segment);
    if (!node) return claims;
    claims.push(...chain(node.prefix));
  }
  return [...claims, ...chain(node.exact)];
}

function chain<T>(first: Claim<T> | undefined): Claim<T>[] {
  const claims: Claim<T>[] = [];
  for (let claim = first; claim; claim = claim.next) claims.push(claim);
  return claims;
}

function nodeAt<T>(hosts: Map<string, Node<T>>, { host = '', path }: HttpTriggerSpec): Node<T> {
  let node = childOf(hosts, host);
  for (const segment of segmentsOf(path)) node = childOf((node.children ??= new Map()), segment);
  return node;
}

function childOf<T>(children: Map<string, Node<T>>, segment: string): Node<T> {
  let child = children.get(segment);
  if (!child) children.set(segment, (child = { children: undefined, exact: undefined, prefix: undefined }));
  return child;
}

/** Takes a route out, and the nodes that are empty without it, deepest first, so that removed routes leave nothing behind. */
function clear<T>(hosts: Map<string, Node<T>>, { host = '', path, match }: HttpTriggerSpec): void {
  const steps: { parent: Map<string, Node<T>>; segment: string; node: Node<T> }[] = [];
  let children: Map<string, Node<T>> | undefined = hosts;
  for (const segment of [host, ...segmentsOf(path)]) {
    const node: Node<T> | undefined = children?.get(segment);
    if (!children || !node) return;
    steps.push({ parent: children, segment, node });
    children = node.children;
  }
  const last = steps.at(-1);
  if (last) last.node[match] = undefined;
  for (const { parent, segment, node } of steps.reverse()) {
    if (node.children?.size || node.exact || node.prefix) return;
    parent.delete(segment);
  }
}

function segmentsOf(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}
