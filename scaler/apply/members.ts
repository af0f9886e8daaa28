import { parseDuration } from '../../protocol/duration.ts';
import { isErrorCode, PlatformError } from '../../protocol/errors.ts';
import type { StreamInstance } from '../../protocol/stream.ts';
import type { Fleet, Instance } from '../../kit/fleet/fleet.ts';
import type { Log } from '../../kit/log.ts';
import type { ManagedFunction, Member, ResolvedRevision } from '../observe/functions.ts';
import type { Gateways } from './gateways.ts';
import type { Packages } from './packages.ts';
import type { LoadTimings, WatcherClient } from './watcher-client.ts';

export interface MembersDeps {
  readonly fleet: Fleet;
  readonly watchers: WatcherClient;
  readonly packages: Packages;
  readonly gateways: Gateways;
  readonly log: Log;
  readonly now: () => number;
  /** Something about the function's instances changed: decide anew. */
  onChange(fn: ManagedFunction): void;
  /** Content did not load on an instance; it says what, where and in which revision. */
  onLoadFailed(fn: ManagedFunction, revision: ResolvedRevision, error: PlatformError): void;
  /** An instance could not be brought up through no fault of the content. */
  onStartFailed(fn: ManagedFunction, error: PlatformError): void;
}

/** Brings instances of functions up, over to new content, and down. */
export interface Members {
  /** Specializes a leased instance and tells the gateways. */
  start(fn: ManagedFunction, instance: Instance, revision: ResolvedRevision): void;
  /** Gives a running instance new content. */
  update(fn: ManagedFunction, member: Member, revision: ResolvedRevision): void;
  /** Takes an instance out: gateways finish with it, then it is ended. */
  drain(fn: ManagedFunction, member: Member): void;
  /** A gateway has nothing in flight on it. */
  drained(gateway: string, instanceId: string): void;
  /** The set of live gateways changed. */
  recheckDrains(): void;
  /** A gateway had trouble with it: look, and replace it if it is not sound. */
  inspect(instanceId: string): Promise<void>;
  /** Whether an instance takes its function right now. */
  loading(): boolean;
  /** What gateways are told of it. */
  describe(fn: ManagedFunction, member: Member): StreamInstance;
  close(): void;
}

const STOP_GRACE_MS = 2000;
const MAX_UPDATE_FAILURES = 3;
const UPDATE_RETRY_MS = 200;
/** The content is at fault, not the instance. */
const CONTENT_CODES: readonly string[] = ['LOAD_FAILED', 'PACKAGE_INVALID', 'PACKAGE_TOO_LARGE', 'BAD_REQUEST'];

export function createMembers(deps: MembersDeps): Members {
  const { fleet, watchers, packages, gateways, log, now } = deps;
  const owners = new Map<string, ManagedFunction>();
  const timers = new Set<NodeJS.Timeout>();
  const inspecting = new Set<string>();
  let specializing = 0;

  const later = (ms: number, work: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, ms);
    timers.add(timer);
    return timer;
  };
  const isMember = (fn: ManagedFunction, member: Member) => fn.members.get(member.id) === member;
  const announce = (fn: ManagedFunction, member: Member, coldStart?: StreamInstance['coldStart']) =>
    gateways.broadcast({ type: 'instance', instance: { ...describe(fn, member), ...(coldStart && { coldStart }) } });
  const remove = (fn: ManagedFunction, member: Member, reason: string) => {
    if (!isMember(fn, member)) return;
    fn.members.delete(member.id);
    owners.delete(member.id);
    if (member.state !== 'loading') gateways.broadcast({ type: 'gone', instance: member.id, reason: reason.slice(0, 256) });
    member.drained?.();
    deps.onChange(fn);
  };
  const discard = (fn: ManagedFunction, member: Member, reason: string) => {
    void fleet.stop(member.id, STOP_GRACE_MS);
    remove(fn, member, reason);
  };

  const unsubscribe = fleet.subscribe((event) => {
    if (event.type !== 'gone') return;
    const fn = owners.get(event.instance.id);
    const member = fn?.members.get(event.instance.id);
    if (!fn || !member) return;
    if (member.state !== 'draining') log.warn('instance ended', { instance: member.id, function: fn.name, reason: event.reason });
    remove(fn, member, event.reason);
  });

  const specialize = async (fn: ManagedFunction, member: Member, revision: ResolvedRevision) => {
    const wantedSince = fn.wantedSince ?? member.since;
    try {
      const { digest } = revision.spec.package;
      const timings = await watchers.specialize(member, fn, revision, packages.cached(digest) ?? (await packages.get(digest)));
      if (!isMember(fn, member)) return;
      member.state = 'ready';
      accepted(fn, revision);
      fn.failures = 0;
      fn.blocked = undefined;
      announce(fn, member, phasesOf(revision, timings, now() - wantedSince));
      log.info('instance serves', { instance: member.id, function: fn.name, revision: revision.name, ms: Math.round(now() - member.since) });
      deps.onChange(fn);
    } catch (cause) {
      const error = asPlatformError(cause);
      if (!isMember(fn, member)) return;
      log.warn('instance could not take its function', { instance: member.id, function: fn.name, code: error.code, reason: error.message });
      if (CONTENT_CODES.includes(error.code)) deps.onLoadFailed(fn, revision, error);
      else deps.onStartFailed(fn, error);
      discard(fn, member, error.message);
    }
  };

  const update = async (fn: ManagedFunction, member: Member, revision: ResolvedRevision) => {
    member.updating = true;
    try {
      const { digest } = revision.spec.package;
      await watchers.update(member, fn, revision, packages.cached(digest) ?? (await packages.get(digest)));
      member.revision = revision;
      member.updateFailures = 0;
      accepted(fn, revision);
      if (isMember(fn, member)) announce(fn, member);
      log.info('instance updated', { instance: member.id, function: fn.name, revision: revision.name });
    } catch (cause) {
      const error = asPlatformError(cause);
      log.warn('instance could not be updated', { instance: member.id, function: fn.name, revision: revision.name, code: error.code, reason: error.message });
      if (CONTENT_CODES.includes(error.code) && fn.good?.content !== revision.content) deps.onLoadFailed(fn, revision, error);
      else if (++member.updateFailures >= MAX_UPDATE_FAILURES || CONTENT_CODES.includes(error.code)) member.defective = true;
      else
        return void later(UPDATE_RETRY_MS * member.updateFailures, () => {
          member.updating = false;
          deps.onChange(fn);
        });
    }
    member.updating = false;
    deps.onChange(fn);
  };

  const whenDrained = (member: Member, timeoutMs: number) =>
    new Promise<void>((resolve) => {
      const timer = later(timeoutMs, resolve);
      member.drained = () => {
        clearTimeout(timer);
        timers.delete(timer);
        resolve();
      };
      checkDrain(member);
    });
  const checkDrain = (member: Member) => {
    if (member.state === 'draining' && gateways.live().every((gateway) => member.drainedBy.has(gateway))) member.drained?.();
  };

  return {
    loading: () => specializing > 0,
    describe,
    start(fn, instance, revision) {
      const { id, dataAddress = '', controlUrl = '', zone } = instance;
      const member: Member = {
        id,
        dataAddress,
        controlUrl,
        zone,
        since: now(),
        template: revision.template,
        state: 'loading',
        revision,
        updating: false,
        updateFailures: 0,
        defective: false,
        drainedBy: new Set(),
      };
      fn.members.set(id, member);
      owners.set(id, fn);
      specializing++;
      void specialize(fn, member, revision).finally(() => specializing--);
    },
    update: (fn, member, revision) => void update(fn, member, revision),
    drain(fn, member) {
      if (member.state === 'loading') return discard(fn, member, 'no longer needed');
      if (member.state === 'draining') return;
      member.state = 'draining';
      announce(fn, member);
      const timeoutMs = parseDuration(member.revision.spec.timeout) + STOP_GRACE_MS;
      void whenDrained(member, timeoutMs).then(() => fleet.stop(member.id, timeoutMs));
    },
    drained(gateway, instanceId) {
      const member = owners.get(instanceId)?.members.get(instanceId);
      if (member?.state !== 'draining') return;
      member.drainedBy.add(gateway);
      checkDrain(member);
    },
    recheckDrains() {
      for (const [id, fn] of owners) {
        const member = fn.members.get(id);
        if (member) checkDrain(member);
      }
    },
    async inspect(instanceId) {
      const fn = owners.get(instanceId);
      const member = fn?.members.get(instanceId);
      if (!fn || member?.state !== 'ready' || inspecting.has(instanceId)) return;
      inspecting.add(instanceId);
      const status = await watchers.status(member).catch(() => undefined);
      inspecting.delete(instanceId);
      if (!isMember(fn, member) || (status?.state === 'ready' && status.function?.uid === fn.uid)) return;
      discard(fn, member, `it does not serve: ${status?.state ?? 'no answer'}`);
    },
    close() {
      unsubscribe();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

/** It can be loaded: one instance has. */
function accepted(fn: ManagedFunction, revision: ResolvedRevision): void {
  fn.good = revision;
  if (fn.failedContent === revision.content) fn.failedContent = undefined;
}

function describe(fn: ManagedFunction, { id, dataAddress, zone, state, revision }: Member): StreamInstance {
  return {
    id,
    function: fn.name,
    uid: fn.uid,
    content: revision.content,
    generation: revision.generation,
    address: dataAddress,
    concurrency: revision.spec.concurrency,
    ...(zone !== undefined && { zone }),
    state: state === 'draining' ? 'draining' : 'ready',
  };
}

/** What the watcher does not account for is the wait for an instance and the way to it. */
function phasesOf(
  { pool, spec }: ResolvedRevision,
  { codeMs, dependenciesMs, initMs }: LoadTimings,
  totalMs: number,
): NonNullable<StreamInstance['coldStart']> {
  return { pool, runtime: spec.runtime, allocateMs: Math.max(0, totalMs - codeMs - dependenciesMs - initMs), codeMs, dependenciesMs, initMs };
}

function asPlatformError(cause: unknown): PlatformError {
  if (cause instanceof PlatformError && isErrorCode(cause.code)) return cause;
  return new PlatformError('INTERNAL', (cause as Error).message, { cause });
}
