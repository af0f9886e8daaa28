import { POD_PORTS } from '../../../protocol/names.ts';
import type { Assignment, FleetEvent, Instance, InstanceState, InstanceTemplate } from '../fleet.ts';
import { decidePod } from './decide-pod.ts';
import { instanceId } from './names.ts';
import { addressOf, type PodView } from './pods.ts';

/** A pod and what the fleet does with it. */
export interface Member {
  readonly id: string;
  readonly pod: PodView;
  readonly state: InstanceState;
  readonly leasedAt: number | undefined;
  /** What was asked to be recorded last. */
  readonly assignment: Assignment | undefined;
  /** Milliseconds for its end, where they were said. */
  readonly graceMs: number | undefined;
  /** Resolves when it is gone, or counts as gone. */
  readonly gone: Promise<void>;
}

interface Entry extends Member {
  pod: PodView;
  state: InstanceState;
  restarts: number;
  leasedAt: number | undefined;
  assignment: Assignment | undefined;
  graceMs: number | undefined;
  /** The world was told that it is gone, although its pod is still there. */
  toldGone: boolean;
  instance: Instance | undefined;
  overdue?: NodeJS.Timeout;
  resolveGone(): void;
}

export interface MembersDeps {
  emit(event: FleetEvent): void;
  zoneOf(node: string): string | undefined;
  /** Its pod serves nobody any more and is to be deleted. */
  onUseless(member: Member): void;
  /** What its Deployment counts may have changed. */
  onChanged(member: Member): void;
  /** It does not come up. */
  onProblem(member: Member, problem: string): void;
  now(): number;
}

/** A node that is dead keeps its pods for ever: this long after its time a pod counts as gone. */
const OVERDUE_MS = 15_000;

/** The pods of the fleet: who waits, who is leased, who goes. */
export class Members {
  readonly #deps: MembersDeps;
  readonly #entries = new Map<string, Entry>();
  /** By the template's key. */
  readonly #idle = new Map<string, Set<Entry>>();
  /** By `<namespace>/<Deployment>`. */
  readonly #byWorkload = new Map<string, Set<Entry>>();

  constructor(deps: MembersDeps) {
    this.#deps = deps;
  }

  /** Also those that the world was told to be gone. */
  get(id: string): Member | undefined {
    return this.#entries.get(id);
  }

  list(): Instance[] {
    return [...this.#entries.values()].filter(({ toldGone }) => !toldGone).map((entry) => this.#instanceOf(entry));
  }

  /** Pods that a Deployment counts. */
  counted(namespace: string, workload: string): Member[] {
    return [...(this.#byWorkload.get(`${namespace}/${workload}`) ?? [])].filter(({ pod }) => pod.endsBy === undefined && pod.finished === undefined);
  }

  /** The one that has waited longest: what is older has shown that it lasts. */
  lease(templateKey: string): Instance | undefined {
    const [entry] = this.#idle.get(templateKey) ?? [];
    return entry && this.#take(entry);
  }

  claim(id: string): Instance | undefined {
    const entry = this.#entries.get(id);
    return entry?.state === 'idle' ? this.#take(entry) : undefined;
  }

  /** Nobody else gets it from now on. */
  setAssignment(id: string, assignment: Assignment): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    if (entry.state === 'idle') this.#take(entry);
    entry.assignment = assignment;
    entry.instance = undefined;
  }

  /** Nobody gets it from now on. */
  setStopping(id: string, graceMs?: number): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    if (graceMs !== undefined) entry.graceMs = graceMs;
    this.#setState(entry, 'stopping');
  }

  /** A pod is new or changed. */
  observe(pod: PodView): void {
    const id = instanceId(pod.namespace, pod.name);
    const known = this.#entries.get(id);
    const outcome = decidePod(known, pod);
    const entry = known ?? this.#add(id, pod);
    if (pod.workload !== entry.pod.workload) unfile(this.#byWorkload, workloadOf(entry.pod), entry);
    entry.pod = pod;
    if (pod.workload !== undefined) file(this.#byWorkload, workloadOf(pod), entry);
    entry.instance = undefined;
    if (pod.endsBy !== undefined) this.#expectEnd(entry, pod.endsBy);
    switch (outcome.kind) {
      case 'state':
        this.#setState(entry, outcome.state);
        if (outcome.tell) this.#deps.emit({ type: 'idle', instance: this.#instanceOf(entry) });
        if (outcome.state === 'starting' && pod.problem !== undefined) this.#deps.onProblem(entry, pod.problem);
        break;
      case 'leaving':
        this.#setState(entry, 'stopping');
        this.#deps.emit({ type: 'leaving', instance: this.#instanceOf(entry), reason: outcome.reason });
        break;
      case 'gone':
        this.#tellGone(entry, outcome.reason);
        if (outcome.remove) this.#deps.onUseless(entry);
        break;
      default:
        outcome satisfies never;
    }
    this.#deps.onChanged(entry);
  }

  /** A pod exists no more. */
  forget(pod: PodView): void {
    const entry = this.#entries.get(instanceId(pod.namespace, pod.name));
    if (!entry || entry.pod.uid !== pod.uid) return;
    this.#tellGone(entry, pod.finished ?? 'its pod is gone');
    this.#entries.delete(entry.id);
    unfile(this.#byWorkload, workloadOf(entry.pod), entry);
    clearTimeout(entry.overdue);
    this.#deps.onChanged(entry);
  }

  close(): void {
    for (const entry of this.#entries.values()) {
      clearTimeout(entry.overdue);
      entry.resolveGone();
    }
  }

  #add(id: string, pod: PodView): Entry {
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry: Entry = {
      id,
      pod,
      state: 'starting',
      restarts: pod.restarts,
      leasedAt: undefined,
      assignment: undefined,
      graceMs: undefined,
      toldGone: false,
      instance: undefined,
      gone: promise,
      resolveGone: resolve,
    };
    this.#entries.set(id, entry);
    return entry;
  }

  #take(entry: Entry): Instance {
    this.#setState(entry, 'leased');
    entry.restarts = entry.pod.restarts;
    entry.leasedAt = this.#deps.now();
    return this.#instanceOf(entry);
  }

  #setState(entry: Entry, state: InstanceState): void {
    if (entry.state === state || entry.toldGone) return;
    (state === 'idle' ? file : unfile)(this.#idle, entry.pod.template.key, entry);
    entry.state = state;
    entry.instance = undefined;
  }

  #tellGone(entry: Entry, reason: string): void {
    if (entry.toldGone) return;
    this.#setState(entry, 'stopping');
    entry.toldGone = true;
    this.#deps.emit({ type: 'gone', instance: this.#instanceOf(entry), reason });
    entry.resolveGone();
  }

  #expectEnd(entry: Entry, endsBy: number): void {
    clearTimeout(entry.overdue);
    const waitMs = Math.max(0, endsBy - this.#deps.now()) + OVERDUE_MS;
    entry.overdue = setTimeout(() => this.#tellGone(entry, 'its node does not end it'), waitMs).unref();
  }

  #instanceOf(entry: Entry): Instance {
    return (entry.instance ??= describe(entry, this.#deps.zoneOf));
  }
}

function workloadOf({ namespace, workload = '' }: PodView): string {
  return `${namespace}/${workload}`;
}

function file(index: Map<string, Set<Entry>>, key: string, entry: Entry): void {
  let entries = index.get(key);
  if (!entries) index.set(key, (entries = new Set()));
  entries.add(entry);
}

function unfile(index: Map<string, Set<Entry>>, key: string, entry: Entry): void {
  const entries = index.get(key);
  entries?.delete(entry);
  if (entries?.size === 0) index.delete(key);
}

function describe({ id, pod, state, assignment = pod.assignment }: Entry, zoneOf: (node: string) => string | undefined): Instance {
  const zone = pod.node === undefined ? undefined : zoneOf(pod.node);
  return {
    id,
    template: pod.template,
    state,
    startedAt: pod.createdAt,
    ...(pod.ip !== undefined && addressesOf(pod.ip, pod.template)),
    ...(zone !== undefined && { zone }),
    ...(assignment && { assignment }),
  };
}

function addressesOf(ip: string, { container }: InstanceTemplate): Pick<Instance, 'dataAddress' | 'controlUrl'> {
  if (container) return { dataAddress: addressOf(ip, container.port) };
  return { dataAddress: addressOf(ip, POD_PORTS.data), controlUrl: `http://${addressOf(ip, POD_PORTS.control)}` };
}
