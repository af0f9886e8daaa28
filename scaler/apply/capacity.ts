import { parseDuration } from '../../protocol/duration.ts';
import type { PlatformError } from '../../protocol/errors.ts';
import type { Fleet } from '../../kit/fleet/fleet.ts';
import { backoffMs } from '../../kit/backoff.ts';
import type { Log } from '../../kit/log.ts';
import { decidePlan } from '../decide/plan.ts';
import { decideReplicas } from '../decide/replicas.ts';
import type { RulesView } from '../decide/verdict.ts';
import type { DemandBook } from '../observe/demand-book.ts';
import { type ManagedFunction, type Member, type Problem, readyMembers, type ResolvedRevision, targetOf } from '../observe/functions.ts';
import { type Allocator, createAllocator } from './allocator.ts';
import type { Gateways } from './gateways.ts';
import { Members, type MembersDeps } from './members.ts';
import type { Packages } from './packages.ts';
import type { WatcherClient } from './watcher-client.ts';

export interface CapacityDeps {
  readonly fleet: Fleet;
  readonly watchers: WatcherClient;
  readonly packages: Packages;
  readonly gateways: Gateways;
  readonly book: DemandBook;
  readonly demand: 'on' | 'off';
  readonly log: Log;
  readonly now: () => number;
  /** What the rules say now; absent while nothing is known. */
  rules(): RulesView | undefined;
  /** The function's picture changed: its status is to be written, and it may be forgotten. */
  onChanged(fn: ManagedFunction): void;
  readonly onServing: MembersDeps['onServing'];
  readonly listens: MembersDeps['listens'];
  /** Whether what is known of objects and instances is how things are: else nothing scales in. */
  connected(): boolean;
}

/** Gives every function the instances that it should have. */
export interface Capacity {
  readonly members: Members;
  readonly allocator: Allocator;
  /** Begins to act: until then nothing is started, taken or ended. */
  open(): void;
  /** Observe, decide, apply for one function, at once. `fresh`: its load was reported this moment. */
  reconcile(fn: ManagedFunction, fresh?: boolean): void;
  /** The same, after whatever runs now, once however often it is asked for. */
  schedule(fn: ManagedFunction): void;
  close(): void;
}

const LOAD_BACKOFF = { firstMs: 1000, maxMs: 60_000 };
const MAX_START_FAILURES = 5;
const RETRY_AFTER_MS = 1000;
const PACKAGE_RETRY_MS = 10_000;

export function createCapacity(deps: CapacityDeps): Capacity {
  const { fleet, gateways, book, log, now } = deps;
  const dirty = new Set<ManagedFunction>();
  let acts = false;

  const schedule = (fn: ManagedFunction) => {
    if (dirty.size === 0) queueMicrotask(flush);
    dirty.add(fn);
  };
  const flush = () => {
    const due = [...dirty];
    dirty.clear();
    for (const fn of due) reconcile(fn);
  };
  const allocator = createAllocator({ fleet, onAvailable: (fn) => reconcile(fn), loading: () => members.loading });
  const members = new Members({ ...deps, onChange: schedule, onLoadFailed, onStartFailed });

  function reconcile(fn: ManagedFunction, fresh = false): void {
    if (!acts) return;
    const blocked = fn.blocked !== undefined && fn.blocked.until > now();
    noteGood(fn);
    retryMissingPackage(fn, now());
    decide(fn, fresh, blocked);
    const target = fn.deleted ? undefined : targetOf(fn);
    const plan = decidePlan({ members: [...fn.members.values()].map(planned), replicas: fn.replicas, target, blocked });
    for (const id of plan.drain) withMember(fn, id, (member) => members.drain(fn, member));
    if (target) for (const id of plan.update) withMember(fn, id, (member) => members.update(fn, member, target));
    if (target && plan.start > 0) start(fn, target, plan.start);
    else allocator.withdraw(fn);
    if (plan.start === 0 && readyMembers(fn).length >= fn.replicas) fn.wantedSince = undefined;
    refuse(fn, target, blocked);
    deps.onChanged(fn);
  }

  function decide(fn: ManagedFunction, fresh: boolean, blocked: boolean): void {
    if (fn.deleted) return;
    const { scaling, concurrency } = fn.resource.spec;
    const load = book.load(fn.name);
    const view = deps.rules();
    const { replicas, reason } = decideReplicas({
      current: fn.replicas,
      minReplicas: scaling.minReplicas,
      maxReplicas: scaling.maxReplicas,
      concurrency,
      // Gateways tell when requests wait, not when they end: without a waiting one an older number may be far too high. Who waits during a back-off is refused.
      load: !blocked && (fresh || load.waiting > 0) ? load.waiting + load.inFlight : 0,
      peakLoad: book.peak(fn.name, parseDuration(scaling.stabilizationWindow), now()),
      demand: deps.demand,
      verdict: view?.verdicts.get(fn.name),
      frozen: view?.frozen.has(fn.name) ?? false,
      idleForMs: book.idleForMs(fn.name, now()),
      idleTimeoutMs: parseDuration(scaling.idleTimeout),
      mayShrink: deps.connected(),
    });
    if (replicas === fn.replicas) return;
    log.info('function scales', { function: fn.name, from: fn.replicas, to: replicas, reason });
    fn.replicas = replicas;
  }

  function start(fn: ManagedFunction, target: ResolvedRevision, count: number): void {
    fn.wantedSince ??= now();
    const instances = allocator.request(fn, target, count);
    for (const instance of instances) members.start(fn, instance, target);
    const phase = instances.length > 0 ? 'code' : 'allocate';
    if (readyMembers(fn).length === 0) gateways.broadcast({ type: 'phase', function: fn.name, phase });
  }

  /** Callers wait only for what can come. */
  function refuse(fn: ManagedFunction, target: ResolvedRevision | undefined, blocked: boolean): void {
    if (book.load(fn.name).waiting === 0 || readyMembers(fn).length > 0) return;
    const loading = [...fn.members.values()].some(({ state }) => state === 'loading');
    if (blocked && fn.blocked) return tellRefused(fn, fn.blocked.problem, fn.blocked.until - now());
    if (!target) {
      if (fn.unresolved) tellRefused(fn, fn.unresolved, RETRY_AFTER_MS);
      return;
    }
    const obstacle = loading ? undefined : allocator.obstacle(target);
    if (!obstacle) return;
    if (fn.lastError?.message !== obstacle.message) fn.lastError = { code: obstacle.code, message: obstacle.message, at: now() };
    tellRefused(fn, obstacle, RETRY_AFTER_MS);
  }

  function tellRefused(fn: ManagedFunction, { code, message }: Pick<Problem, 'code' | 'message'>, retryAfterMs: number): void {
    gateways.broadcast({ type: 'refused', function: fn.name, code, message: message.slice(0, 4096), retryAfterMs: Math.ceil(retryAfterMs) });
  }

  function onLoadFailed(fn: ManagedFunction, revision: ResolvedRevision, error: PlatformError): void {
    fn.lastError = { code: error.code, message: error.message, at: now() };
    fn.failedContent = revision.content;
    const fallBack = fn.good !== undefined && fn.good.content !== revision.content;
    if (!fallBack) block(fn, error);
  }

  function onStartFailed(fn: ManagedFunction, error: PlatformError): void {
    fn.lastError = { code: error.code, message: error.message, at: now() };
    if (fn.failures + 1 < MAX_START_FAILURES) fn.failures++;
    else block(fn, error);
  }

  /** No new start until the back-off has passed; who waits is told now. Replicas fall to what is there, so that only a new request or the minimum tries again. */
  function block(fn: ManagedFunction, error: PlatformError): void {
    if (fn.blocked && fn.blocked.until > now()) return;
    const waitMs = backoffMs(++fn.failures, LOAD_BACKOFF);
    fn.blocked = { until: now() + waitMs, problem: { code: error.code, message: error.message, at: now() } };
    fn.replicas = readyMembers(fn).length;
    if (fn.replicas === 0) tellRefused(fn, error, waitMs);
  }

  return {
    members,
    allocator,
    reconcile,
    schedule,
    open() {
      acts = true;
      allocator.open();
    },
    close() {
      acts = false;
      allocator.close();
      members.close();
    },
  };
}

/** After a change of leader: what an instance serves can be loaded. */
function noteGood(fn: ManagedFunction): void {
  const { latest } = fn;
  if (!fn.good && latest && readyMembers(fn).some(({ revision }) => revision.content === latest.content)) fn.good = latest;
}

/** A package may be applied after the function that names it. */
function retryMissingPackage(fn: ManagedFunction, now: number): void {
  const { lastError } = fn;
  if (fn.failedContent !== undefined && lastError?.code === 'PACKAGE_INVALID' && now - lastError.at >= PACKAGE_RETRY_MS) fn.failedContent = undefined;
}

function planned(member: Member) {
  return { ...member, content: member.revision.content };
}

function withMember(fn: ManagedFunction, id: string, act: (member: Member) => void): void {
  const member = fn.members.get(id);
  if (member) act(member);
}
