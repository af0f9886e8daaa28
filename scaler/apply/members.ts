import { availableParallelism } from 'node:os';
import { parseDuration } from '../../protocol/duration.ts';
import { isErrorCode, PlatformError } from '../../protocol/errors.ts';
import type { StreamInstance } from '../../protocol/stream.ts';
import type { Fleet, FleetEvent, Instance } from '../../kit/fleet/fleet.ts';
import type { Log } from '../../kit/log.ts';
import type { ManagedFunction, Member, ResolvedRevision } from '../observe/functions.ts';
import { describeColdStart, describeMember } from './announcement.ts';
import { createDrains, type Drains } from './drains.ts';
import type { Gateways } from './gateways.ts';
import { createPacer } from './pacer.ts';
import type { Packages } from './packages.ts';
import type { LoadTimings, WatcherClient } from './watcher-client.ts';

export interface MembersDeps {
  readonly fleet: Fleet;
  readonly watchers: WatcherClient;
  readonly packages: Packages;
  readonly gateways: Gateways;
  readonly log: Log;
  readonly now: () => number;
  /** Whether `host:port` takes connections: all that a container says of itself. */
  listens(address: string): Promise<boolean>;
  /** Something about the function's instances changed: decide anew. */
  onChange(fn: ManagedFunction): void;
  /** An instance serves its revision: others are to know whose it is. */
  onServing(fn: ManagedFunction, member: Member): void;
  /** Content did not load on an instance; it says what, where and in which revision. */
  onLoadFailed(fn: ManagedFunction, revision: ResolvedRevision, error: PlatformError): void;
  /** An instance could not be brought up through no fault of the content. */
  onStartFailed(fn: ManagedFunction, error: PlatformError): void;
}

const STOP_GRACE_MS = 2000;
/** More specializations at once than the processors can serve make all of them late. */
const SIDE_BY_SIDE = 2 * availableParallelism();
/** One that loads for longer waits for something else than a processor. */
const PLACE_MS = 100;
const MAX_UPDATE_FAILURES = 3;
const UPDATE_RETRY_MS = 200;
/** A container that served for so long was sound. */
const SOUND_MS = 10_000;
/** The content is at fault, not the instance. */
const CONTENT_CODES: readonly string[] = ['LOAD_FAILED', 'PACKAGE_INVALID', 'PACKAGE_TOO_LARGE', 'BAD_REQUEST'];

/** A container brings its code along. */
const NOTHING_TO_LOAD: LoadTimings = { codeMs: 0, dependenciesMs: 0, initMs: 0 };

/** Brings instances of functions up, over to new content, and down, and tells the gateways. */
export class Members {
  readonly #deps: MembersDeps;
  readonly #drains: Drains;
  readonly #owners = new Map<string, ManagedFunction>();
  readonly #retries = new Set<NodeJS.Timeout>();
  readonly #inspecting = new Set<string>();
  readonly #unsubscribe: () => void;
  readonly #pacer = createPacer({ places: SIDE_BY_SIDE, holdMs: PLACE_MS });
  #specializing = 0;

  constructor(deps: MembersDeps) {
    this.#deps = deps;
    this.#drains = createDrains(deps.gateways);
    this.#unsubscribe = deps.fleet.subscribe((event) => this.#onFleetEvent(event));
  }

  /** Whether an instance takes its function right now. */
  get loading(): boolean {
    return this.#specializing > 0;
  }

  /** Specializes a leased instance. */
  start(fn: ManagedFunction, { id, dataAddress = '', controlUrl = '', zone }: Instance, revision: ResolvedRevision): void {
    const fresh = { state: 'loading' as const, updating: false, updateFailures: 0, defective: false };
    const member: Member = { id, dataAddress, controlUrl, zone, since: this.#deps.now(), template: revision.template, revision, ...fresh };
    fn.members.set(id, member);
    this.#owners.set(id, fn);
    this.#specializing++;
    this.#pacer.run(() => this.#specialize(fn, member, revision).finally(() => this.#specializing--));
  }

  /** Takes over an instance that serves the function already, since a scaler before this one. */
  adopt(fn: ManagedFunction, { id, dataAddress = '', controlUrl = '', zone, startedAt }: Instance, revision: ResolvedRevision): void {
    const state = { state: 'ready' as const, updating: false, updateFailures: 0, defective: false };
    const member: Member = { id, dataAddress, controlUrl, zone, since: startedAt, template: revision.template, revision, ...state };
    fn.members.set(id, member);
    this.#owners.set(id, fn);
    this.#announce(fn, member);
    this.#deps.onServing(fn, member);
    this.#deps.onChange(fn);
  }

  /** Whether it is an instance of a function. */
  has(instanceId: string): boolean {
    return this.#owners.has(instanceId);
  }

  /** Gives a running instance new content. */
  update(fn: ManagedFunction, member: Member, revision: ResolvedRevision): void {
    void this.#update(fn, member, revision);
  }

  /** Takes an instance out: gateways finish with it, then it is ended. */
  drain(fn: ManagedFunction, member: Member): void {
    if (member.state === 'loading') return this.#discard(fn, member, 'no longer needed');
    if (member.state === 'draining') return;
    member.state = 'draining';
    this.#announce(fn, member);
    const timeoutMs = parseDuration(member.revision.spec.timeout) + STOP_GRACE_MS;
    void this.#drains.wait(member, timeoutMs).then(() => this.#deps.fleet.stop(member.id, timeoutMs));
  }

  /** A gateway has nothing in flight on it. */
  drained(gateway: string, instanceId: string): void {
    this.#drains.acknowledged(gateway, instanceId);
  }

  /** The set of live gateways changed. */
  recheckDrains(): void {
    this.#drains.recheck();
  }

  /** A gateway had trouble with it: look, and replace it if it is not sound. */
  async inspect(instanceId: string): Promise<void> {
    const fn = this.#owners.get(instanceId);
    const member = fn?.members.get(instanceId);
    if (!fn || member?.state !== 'ready' || this.#inspecting.has(instanceId)) return;
    this.#inspecting.add(instanceId);
    const problem = await this.#problemOf(fn, member);
    this.#inspecting.delete(instanceId);
    if (problem !== undefined && isMember(fn, member)) this.#discard(fn, member, `it does not serve: ${problem}`);
  }

  close(): void {
    this.#unsubscribe();
    this.#drains.close();
    this.#pacer.close();
    for (const timer of this.#retries) clearTimeout(timer);
  }

  async #problemOf(fn: ManagedFunction, member: Member): Promise<string | undefined> {
    const { watchers, listens } = this.#deps;
    if (!member.revision.code) return (await listens(member.dataAddress)) ? undefined : 'its port takes no connection';
    const status = await watchers.status(member).catch(() => undefined);
    return status?.state === 'ready' && status.function?.uid === fn.uid ? undefined : (status?.state ?? 'no answer');
  }

  async #specialize(fn: ManagedFunction, member: Member, revision: ResolvedRevision): Promise<void> {
    const { now, log, onChange, onServing, onLoadFailed, onStartFailed } = this.#deps;
    const wantedSince = fn.wantedSince ?? member.since;
    try {
      if (!isMember(fn, member)) return;
      const timings = await this.#load('specialize', fn, member, revision);
      if (!isMember(fn, member)) return;
      member.state = 'ready';
      accepted(fn, revision);
      // Of a container nothing is known but that it listens: how long it does is what tells.
      if (revision.code) fn.failures = 0;
      fn.blocked = undefined;
      this.#announce(fn, member, describeColdStart(revision, timings, now() - wantedSince));
      log.info('instance serves', { instance: member.id, function: fn.name, revision: revision.name, ms: Math.round(now() - member.since) });
      onServing(fn, member);
      onChange(fn);
    } catch (cause) {
      const error = asPlatformError(cause);
      if (!isMember(fn, member)) return;
      log.warn('instance could not take its function', { instance: member.id, function: fn.name, code: error.code, reason: error.message });
      if (CONTENT_CODES.includes(error.code)) onLoadFailed(fn, revision, error);
      else onStartFailed(fn, error);
      this.#discard(fn, member, error.message);
    }
  }

  async #load(act: 'specialize' | 'update', fn: ManagedFunction, member: Member, { code, ...revision }: ResolvedRevision): Promise<LoadTimings> {
    if (!code) return NOTHING_TO_LOAD;
    const { watchers, packages } = this.#deps;
    const { digest } = code.package;
    // Without a wait where the package is in memory: this is the cold path.
    const bytes = packages.cached(digest) ?? (await packages.get(fn.resource.metadata.namespace, digest));
    return watchers[act](member, fn, { ...revision, code }, bytes);
  }

  async #update(fn: ManagedFunction, member: Member, revision: ResolvedRevision): Promise<void> {
    const { log, onChange, onServing } = this.#deps;
    member.updating = true;
    try {
      await this.#load('update', fn, member, revision);
      member.revision = revision;
      member.updateFailures = 0;
      accepted(fn, revision);
      if (isMember(fn, member)) {
        this.#announce(fn, member);
        onServing(fn, member);
      }
      log.info('instance updated', { instance: member.id, function: fn.name, revision: revision.name });
    } catch (cause) {
      const error = asPlatformError(cause);
      log.warn('instance could not be updated', { instance: member.id, function: fn.name, revision: revision.name, code: error.code, reason: error.message });
      if (this.#judgeFailedUpdate(fn, member, revision, error) === 'retry') return this.#retryUpdate(fn, member);
    }
    member.updating = false;
    onChange(fn);
  }

  /** Content that no instance takes is refused for good; an instance that alone does not take it, or cannot be reached, is replaced. */
  #judgeFailedUpdate(fn: ManagedFunction, member: Member, revision: ResolvedRevision, error: PlatformError): 'done' | 'retry' {
    const contentFailed = CONTENT_CODES.includes(error.code);
    if (contentFailed && fn.good?.content !== revision.content) this.#deps.onLoadFailed(fn, revision, error);
    else if (contentFailed || ++member.updateFailures >= MAX_UPDATE_FAILURES) member.defective = true;
    else return 'retry';
    return 'done';
  }

  #retryUpdate(fn: ManagedFunction, member: Member): void {
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      member.updating = false;
      this.#deps.onChange(fn);
    }, UPDATE_RETRY_MS * member.updateFailures);
    this.#retries.add(timer);
  }

  #onFleetEvent(event: FleetEvent): void {
    if (event.type !== 'gone' && event.type !== 'leaving') return;
    const fn = this.#owners.get(event.instance.id);
    const member = fn?.members.get(event.instance.id);
    if (!fn || !member) return;
    if (event.type === 'leaving') return this.#leave(fn, member, event.reason);
    if (member.state !== 'draining') this.#deps.log.warn('instance ended', { instance: member.id, function: fn.name, reason: event.reason });
    this.#remove(fn, member, event.reason);
    if (!member.revision.code && member.state === 'ready') this.#judgeEnd(fn, member, event.reason);
  }

  /** A watcher outlives its code; a container that ends again and again is started with a back-off. */
  #judgeEnd(fn: ManagedFunction, { since }: Member, reason: string): void {
    const { now, onStartFailed } = this.#deps;
    if (now() - since >= SOUND_MS) fn.failures = 0;
    else onStartFailed(fn, new PlatformError('NO_CAPACITY', `its container ends soon after it listens: ${reason}`));
  }

  /** Something else ends it: gateways finish with it, and another takes its place. */
  #leave(fn: ManagedFunction, member: Member, reason: string): void {
    if (member.state === 'draining') return;
    this.#deps.log.info('instance leaves', { instance: member.id, function: fn.name, reason });
    this.drain(fn, member);
    this.#deps.onChange(fn);
  }

  #announce(fn: ManagedFunction, member: Member, coldStart?: StreamInstance['coldStart']): void {
    this.#deps.gateways.broadcast({ type: 'instance', instance: { ...describeMember(fn, member), ...(coldStart && { coldStart }) } });
  }

  #discard(fn: ManagedFunction, member: Member, reason: string): void {
    void this.#deps.fleet.stop(member.id, STOP_GRACE_MS);
    this.#remove(fn, member, reason);
  }

  #remove(fn: ManagedFunction, member: Member, reason: string): void {
    if (!isMember(fn, member)) return;
    fn.members.delete(member.id);
    this.#owners.delete(member.id);
    if (member.state !== 'loading') this.#deps.gateways.broadcast({ type: 'gone', instance: member.id, reason: reason.slice(0, 256) });
    this.#drains.gone(member.id);
    this.#deps.onChange(fn);
  }
}

function isMember(fn: ManagedFunction, member: Member): boolean {
  return fn.members.get(member.id) === member;
}

/** It can be loaded: one instance has. */
function accepted(fn: ManagedFunction, revision: ResolvedRevision): void {
  fn.good = revision;
  if (fn.failedContent === revision.content) fn.failedContent = undefined;
}

function asPlatformError(cause: unknown): PlatformError {
  if (cause instanceof PlatformError && isErrorCode(cause.code)) return cause;
  return new PlatformError('INTERNAL', (cause as Error).message, { cause });
}
