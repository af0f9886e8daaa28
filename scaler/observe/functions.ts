import { functionName } from '../../protocol/names.ts';
import type { FunctionCode } from '../../protocol/schema/function.ts';
import type { FunctionResource } from '../../protocol/schema/resources.ts';
import type { InstanceTemplate } from '../../kit/fleet/fleet.ts';
import type { ErrorCode } from '../../protocol/errors.ts';

/** A snapshot of a Function that instances can be given. */
export interface ResolvedRevision {
  /** `hello-00007`. */
  readonly name: string;
  /** The number in its name: what watchers order loads by. */
  readonly generation: number;
  /** Of the Function that it is a snapshot of. */
  readonly observedGeneration: number;
  readonly template: string;
  readonly content: string;
  readonly instanceTemplate: InstanceTemplate;
  /** `<namespace>/<name>`; empty for a cold function. */
  readonly pool: string;
  readonly spec: FunctionResource['spec'];
  /** Absent for a container, which takes none: it serves as soon as it listens. */
  readonly code: FunctionCode | undefined;
  /** Variables with the secrets' values. Never logged, never written. */
  readonly env: Readonly<Record<string, string>>;
}

/** Why something is not as it should be, for the status and for callers who wait. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly at: number;
}

/** An instance that belongs to a function, from its lease to its end. */
export interface Member {
  readonly id: string;
  readonly dataAddress: string;
  readonly controlUrl: string;
  readonly zone?: string | undefined;
  readonly since: number;
  readonly template: string;
  state: 'loading' | 'ready' | 'draining';
  revision: ResolvedRevision;
  updating: boolean;
  updateFailures: number;
  defective: boolean;
}

/** All that the scaler knows of one Function, by UID. */
export interface ManagedFunction {
  readonly uid: string;
  /** `<namespace>/<name>`. */
  readonly name: string;
  resource: FunctionResource;
  deleted: boolean;
  /** Instances wanted. */
  replicas: number;
  /** What the Function says now; absent while it cannot be resolved. */
  latest?: ResolvedRevision | undefined;
  /** The newest that an instance has loaded. */
  good?: ResolvedRevision | undefined;
  /** Content that did not load: never given to an instance again while `good` can serve. */
  failedContent?: string | undefined;
  /** What is known of the package that `latest` names: it is there, it is being read, or what is wrong with it. */
  package?: { readonly digest: string; state: 'verified' | 'pending' | Problem } | undefined;
  /** Why `latest` is absent. */
  unresolved?: Problem | undefined;
  /** The newest failure to load. */
  lastError?: Problem | undefined;
  /** No start before this time, and what callers are told until then. */
  blocked?: { readonly until: number; readonly problem: Problem } | undefined;
  /** Failed starts in a row. */
  failures: number;
  /** When instances began to be missing, for the cold-start phases. */
  wantedSince?: number | undefined;
  readonly members: Map<string, Member>;
}

export interface FunctionRegistry {
  get(uid: string): ManagedFunction | undefined;
  byName(name: string): ManagedFunction | undefined;
  all(): Iterable<ManagedFunction>;
  /** The function of a resource, made if new. A resource with another UID under a known name retires the old one. */
  put(resource: FunctionResource): { readonly fn: ManagedFunction; readonly retired?: ManagedFunction };
  /** Marks it deleted; it stays until its last instance is gone. */
  retire(uid: string): ManagedFunction | undefined;
  /** Forgets a deleted function without instances. */
  sweep(fn: ManagedFunction): void;
}

export function createFunctionRegistry(): FunctionRegistry {
  const byUid = new Map<string, ManagedFunction>();
  const uidByName = new Map<string, string>();

  const retire = (uid: string) => {
    const fn = byUid.get(uid);
    if (!fn) return undefined;
    fn.deleted = true;
    fn.replicas = 0;
    if (uidByName.get(fn.name) === uid) uidByName.delete(fn.name);
    return fn;
  };
  return {
    get: (uid) => byUid.get(uid),
    byName: (name) => byUid.get(uidByName.get(name) ?? ''),
    all: () => byUid.values(),
    retire,
    put(resource) {
      const { namespace, name, uid = '' } = resource.metadata;
      const fullName = functionName(namespace, name);
      const known = byUid.get(uid);
      if (known) {
        known.resource = resource;
        return { fn: known };
      }
      const retired = retire(uidByName.get(fullName) ?? '');
      const fn: ManagedFunction = { uid, name: fullName, resource, deleted: false, replicas: 0, failures: 0, members: new Map() };
      byUid.set(uid, fn);
      uidByName.set(fullName, uid);
      return { fn, ...(retired && { retired }) };
    },
    sweep(fn) {
      if (fn.deleted && fn.members.size === 0) byUid.delete(fn.uid);
    },
  };
}

/** What new instances get: the newest, or the last good one while the newest does not load. */
export function targetOf(fn: ManagedFunction): ResolvedRevision | undefined {
  return fn.latest && fn.good && fn.latest.content === fn.failedContent ? fn.good : fn.latest;
}

export function readyMembers(fn: ManagedFunction): Member[] {
  return [...fn.members.values()].filter(({ state }) => state === 'ready');
}
