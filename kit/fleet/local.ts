import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import { type FunctionRuntime, RUNTIMES, type Runtime } from '../../protocol/schema/fields.ts';
import { backoffMs } from '../backoff.ts';
import type { Assignment, Fleet, FleetEvent, Instance, InstanceTemplate } from './fleet.ts';
import { createContainerPrograms } from './local-container-program.ts';
import { createGuard } from './local-guard.ts';
import { addressOf, type InstanceHost, startInstance } from './local-instance.ts';
import { createProcessRegister, endLeftovers } from './local-leftovers.ts';
import { pruneLogs } from './local-log.ts';
import { createMember, type LocalMember, snapshot } from './local-member.ts';
import { readRuntimeStart, type RuntimePrograms, type RuntimeStart } from './local-start.ts';

export interface LocalFleetOptions {
  /** Holds `<runtime>/start.json`. */
  readonly runtimesDir: string;
  /** Gets `instances/<id>/` (scratch), `logs/<id>.log` and `processes/<id>.json`. */
  readonly stateDir: string;
  /** Of the scaler; base64url (watcher.md W1.1). */
  readonly publicKey: string;
  readonly programs: RuntimePrograms;
  /** Values of secrets that containers get as variables. @default - there are none */
  readonly secretValue?: InstanceHost['secretValue'];
  /** @default the machine's cores */
  readonly parallelStarts?: number;
  /** @default 30 s */
  readonly startTimeoutMs?: number;
}

interface Group {
  template: InstanceTemplate;
  unleased: number;
  failures: number;
  retryAt: number;
  timer?: NodeJS.Timeout;
}

const BACKOFF = { firstMs: 500, maxMs: 30_000 };
/** An instance that waited this long was sound: the next failure counts as the first. */
const SOUND_MS = 10_000;
/** Old logs are looked for when this many instances have ended. */
const PRUNE_EVERY = 50;
const CLOSE_GRACE_MS = 3000;

/** The fleet as child processes of this one. What a former run left behind in `stateDir` is ended first; what is started ends with this process, however it ends. */
export async function createLocalFleet(options: LocalFleetOptions): Promise<Fleet> {
  const { stateDir, publicKey, parallelStarts = availableParallelism(), startTimeoutMs = 30_000 } = options;
  await endLeftovers(join(stateDir, 'processes'));
  await rm(join(stateDir, 'instances'), { recursive: true, force: true });
  await Promise.all(['instances', 'logs'].map((dir) => mkdir(join(stateDir, dir), { recursive: true })));
  await pruneLogs(join(stateDir, 'logs'));
  const starts = new Map<Runtime, RuntimeStart>();
  for (const runtime of RUNTIMES) starts.set(runtime, await readRuntimeStart(options.runtimesDir, runtime, options.programs));
  const guard = createGuard();
  const host: InstanceHost = {
    stateDir,
    publicKey,
    guard,
    startTimeoutMs,
    starts,
    register: createProcessRegister(join(stateDir, 'processes')),
    programs: createContainerPrograms(),
    secretValue: options.secretValue ?? noSecret,
  };
  return new LocalFleet(host, parallelStarts);
}

class LocalFleet implements Fleet {
  readonly #host: InstanceHost;
  readonly #parallelStarts: number;
  readonly #members = new Map<string, LocalMember>();
  readonly #groups = new Map<string, Group>();
  readonly #queue: LocalMember[] = [];
  readonly #listeners = new Set<(event: FleetEvent) => void>();
  /** Child processes are known at once. */
  readonly connected = true;
  #starting = 0;
  #endings = 0;
  #closed = false;

  constructor(host: InstanceHost, parallelStarts: number) {
    this.#host = host;
    this.#parallelStarts = parallelStarts;
  }

  keep(template: InstanceTemplate, unleased: number): void {
    const group = this.#groups.get(template.key) ?? { template, unleased: 0, failures: 0, retryAt: 0 };
    group.unleased = unleased;
    this.#groups.set(template.key, group);
    this.#level(group);
  }

  lease(templateKey: string): Instance | undefined {
    for (const member of this.#members.values()) {
      if (member.state !== 'idle' || member.template.key !== templateKey) continue;
      member.state = 'leased';
      const group = this.#groups.get(templateKey);
      if (group) group.failures = 0;
      return snapshot(member);
    }
    return undefined;
  }

  claim(id: string): Instance | undefined {
    const member = this.#members.get(id);
    if (member?.state !== 'idle') return undefined;
    member.state = 'leased';
    return snapshot(member);
  }

  async assign(id: string, assignment: Assignment): Promise<void> {
    const member = this.#members.get(id);
    if (!member) return;
    member.assignment = assignment;
    if (member.state === 'idle') member.state = 'leased';
  }

  async stop(id: string, graceMs: number): Promise<void> {
    const member = this.#members.get(id);
    if (!member) return;
    this.#end(member, 'stopped', graceMs);
    await member.gone;
  }

  list(): readonly Instance[] {
    return [...this.#members.values()].map(snapshot);
  }

  subscribe(listener: (event: FleetEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  unavailable(runtime: FunctionRuntime): string | undefined {
    if (runtime === 'container') return this.#host.programs.problem;
    const start = this.#host.starts.get(runtime);
    return start?.kind === 'start' ? undefined : (start?.reason ?? `runtime ${runtime} is not known here`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const group of this.#groups.values()) clearTimeout(group.timer);
    await Promise.all([...this.#members.keys()].map((id) => this.stop(id, CLOSE_GRACE_MS)));
    await this.#host.guard.close();
  }

  /** Starts what is missing and ends what is too much: first what has not begun to start, then what starts, then the youngest idle. */
  #level(group: Group): void {
    if (this.#closed) return;
    const unleased = [...this.#members.values()].filter(
      ({ template, state }) => template.key === group.template.key && (state === 'starting' || state === 'idle'),
    );
    const excess = unleased.length - group.unleased;
    if (excess > 0) {
      const rank = (member: LocalMember) => (member.state === 'idle' ? 2 : member.process ? 1 : 0);
      const order = unleased.reverse().sort((a, b) => rank(a) - rank(b));
      for (const member of order.slice(0, excess)) this.#end(member, 'no longer needed', 0);
    }
    // A program for containers may be installed or started at any time: each start looks for one.
    const startable = group.template.container !== undefined || this.unavailable(group.template.runtime) === undefined;
    if (excess < 0 && startable) this.#startMissing(group, -excess);
    if (group.unleased === 0 && excess >= 0 && group.failures === 0) this.#groups.delete(group.template.key);
  }

  #startMissing(group: Group, missing: number): void {
    const wait = group.retryAt - Date.now();
    if (wait > 0) {
      group.timer ??= setTimeout(() => {
        delete group.timer;
        this.#level(group);
      }, wait);
      return;
    }
    // After a failure one start has to succeed before many are tried.
    for (let count = group.failures > 0 ? 1 : missing; count > 0; count--) this.#enqueue(this.#add(group.template));
    this.#startQueued();
  }

  #add(template: InstanceTemplate): LocalMember {
    const member = createMember(template);
    this.#members.set(member.id, member);
    return member;
  }

  /** Requests wait for the instances of a cold template; those of a pool mostly refill it. */
  #enqueue(member: LocalMember): void {
    const isCold = ({ template }: LocalMember) => template.key.startsWith('cold:');
    const place = isCold(member) ? this.#queue.findIndex((other) => !isCold(other)) : -1;
    this.#queue.splice(place < 0 ? this.#queue.length : place, 0, member);
  }

  #startQueued(): void {
    while (this.#starting < this.#parallelStarts) {
      const member = this.#queue.shift();
      if (!member) return;
      if (this.#members.get(member.id) === member && member.state === 'starting') void this.#start(member);
    }
  }

  async #start(member: LocalMember): Promise<void> {
    this.#starting++;
    let counted = true;
    const release = () => {
      if (counted) this.#starting--;
      counted = false;
      this.#startQueued();
    };
    try {
      member.process = await startInstance(this.#host, member.id, member.template, {
        onListening: ({ dataPort, controlPort }) => {
          const control = controlPort === undefined ? {} : { controlUrl: `http://${addressOf(controlPort)}` };
          member.listening = { dataAddress: addressOf(dataPort), ...control, at: Date.now() };
          release();
          this.#becameIdle(member);
        },
        onExit: (reason, cleaned) => {
          release();
          this.#ended(member, reason, cleaned);
        },
      });
      if (member.state === 'stopping') member.process.kill();
    } catch (error) {
      release();
      this.#ended(member, (error as Error).message);
    }
  }

  #becameIdle(member: LocalMember): void {
    if (member.state !== 'starting') return;
    member.state = 'idle';
    this.#emit({ type: 'idle', instance: snapshot(member) });
    const group = this.#groups.get(member.template.key);
    if (group) this.#level(group);
  }

  #end(member: LocalMember, reason: string, graceMs: number): void {
    const { process, state } = member;
    if (state === 'stopping') return;
    member.stopReason = reason;
    member.state = 'stopping';
    if (!process) {
      // Not begun, or about to begin: the start sees the state and ends it at once.
      if (this.#queue.includes(member)) this.#ended(member, reason);
      return;
    }
    if (graceMs === 0 || state === 'starting') return process.kill();
    process.terminate();
    const timer = setTimeout(() => process.kill(), graceMs);
    void member.gone.then(() => clearTimeout(timer));
  }

  #ended(member: LocalMember, reason: string, cleaned: Promise<void> = Promise.resolve()): void {
    if (!this.#members.delete(member.id)) return;
    const { state, listening, template } = member;
    this.#emit({ type: 'gone', instance: snapshot(member), reason: member.stopReason ?? reason });
    void cleaned.then(member.resolveGone);
    if (++this.#endings % PRUNE_EVERY === 0) void pruneLogs(join(this.#host.stateDir, 'logs'), new Set(this.#members.keys())).catch(() => undefined);
    const group = this.#groups.get(template.key);
    if (!group) return;
    if (state === 'starting' || state === 'idle') this.#failed(group, listening?.at, reason);
    this.#level(group);
  }

  #failed(group: Group, listeningAt: number | undefined, reason: string): void {
    const sound = listeningAt !== undefined && Date.now() - listeningAt > SOUND_MS;
    group.failures = sound ? 1 : group.failures + 1;
    const waitMs = sound ? 0 : backoffMs(group.failures, BACKOFF);
    group.retryAt = Date.now() + waitMs;
    if (!sound) this.#emit({ type: 'failing', template: group.template, reason, retryAtMs: group.retryAt });
  }

  #emit(event: FleetEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function noSecret(namespace: string, name: string, key: string): string {
  throw new PlatformError('SECRET_MISSING', `secret "${name}" of namespace ${namespace} has no value for "${key}" here`);
}
