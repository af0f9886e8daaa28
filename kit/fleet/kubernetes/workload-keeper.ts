import { backoffMs } from '../../backoff.ts';
import { KubernetesError } from '../../kubernetes/client.ts';
import type { Log } from '../../log.ts';
import type { FleetEvent, InstanceTemplate } from '../fleet.ts';
import { type CountedPod, decideWorkload, type WorkloadPlan } from './decide-workload.ts';
import type { DeploymentWriter } from './deployment-writer.ts';
import type { DeploymentView } from './deployments.ts';
import type { Member, Members } from './members.ts';
import { workloadName } from './names.ts';
import type { PodWriter } from './pod-writer.ts';
import type { WriteQueue } from './write-queue.ts';

export interface WorkloadKeeperDeps {
  readonly deployments: DeploymentWriter;
  readonly queue: WriteQueue;
  readonly members: Members;
  readonly podWriter: PodWriter;
  readonly log: Log;
  emit(event: FleetEvent): void;
  connected(): boolean;
  now(): number;
}

interface Workload {
  readonly namespace: string;
  readonly name: string;
  template: InstanceTemplate;
  /** The template is what somebody asked for, not what was read from a Deployment. */
  kept: boolean;
  /** Absent as long as nobody said. */
  unleased: number | undefined;
  /** What it was found with, which stays until somebody says. */
  found?: number;
  view: DeploymentView | undefined;
  writing: boolean;
  failures: number;
  retry?: NodeJS.Timeout | undefined;
  /** Told last, and when. */
  failing?: { readonly reason: string; readonly at: number } | undefined;
  emptySince?: number | undefined;
}

const BACKOFF = { firstMs: 500, maxMs: 30_000 };
/** A lease that is not recorded after this no longer holds up the refill of its pool. */
const SLOW_LEASE_MS = 1000;
/** What a ReplicaSet was asked to end and did not, we end. */
const LEFT_OVER_MS = 2000;
const FAILING_AGAIN_MS = 10_000;
const SWEEP_MS = 30_000;
/** A Deployment that was found and that nothing has asked for since is one of a pool or a function that is gone. */
const UNWANTED_MS = 60_000;
/** An empty Deployment is deleted after this. */
const EMPTY_MS = 300_000;

/** The Deployments of the fleet: each gets the replicas that are wanted of it, and goes when nobody wants it. */
export class WorkloadKeeper {
  readonly #deps: WorkloadKeeperDeps;
  readonly #workloads = new Map<string, Workload>();
  readonly #due = new Set<Workload>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #sweeper: NodeJS.Timeout;
  readonly #since: number;
  #closed = false;

  constructor(deps: WorkloadKeeperDeps) {
    this.#deps = deps;
    this.#since = deps.now();
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  keep(template: InstanceTemplate, unleased: number): void {
    const workload = this.#of(template.namespace, workloadName(template), template);
    workload.template = template;
    workload.kept = true;
    workload.unleased = unleased;
    if (unleased > 0) workload.emptySince = undefined;
    this.#levelSoon(workload);
  }

  /** A Deployment is new or changed. */
  observe(view: DeploymentView): void {
    const workload = this.#of(view.namespace, view.name, view.template);
    if (!this.#see(workload, view)) return;
    if (view.problem !== undefined) this.#tellFailing(workload, view.problem);
    this.#levelSoon(workload);
  }

  /** A Deployment exists no more. */
  forget({ namespace, name, uid }: DeploymentView): void {
    const workload = this.#workloads.get(`${namespace}/${name}`);
    if (workload?.view?.uid !== uid) return;
    workload.view = undefined;
    this.#levelSoon(workload);
  }

  /** What a Deployment counts has changed. */
  onMember({ pod, state, leasedAt }: Member): void {
    const workload = this.#workloads.get(`${pod.namespace}/${workloadName(pod.template)}`);
    if (workload) {
      if (state === 'idle') workload.failing = undefined;
      if (state === 'leased' && leasedAt !== undefined && pod.workload !== undefined) this.#later(SLOW_LEASE_MS, () => this.#levelSoon(workload));
      this.#levelSoon(workload);
    }
  }

  /** A pod does not come up. */
  onProblem({ pod }: Member, problem: string): void {
    const workload = this.#workloads.get(`${pod.namespace}/${pod.workload}`);
    if (workload) this.#tellFailing(workload, problem);
  }

  levelAll(): void {
    for (const workload of this.#workloads.values()) this.#levelSoon(workload);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const timer of this.#timers) clearTimeout(timer);
    for (const { retry } of this.#workloads.values()) clearTimeout(retry);
  }

  /** What we wrote ourselves is known before the watch tells of it: the newer one counts. */
  #see(workload: Workload, view: DeploymentView | undefined): boolean {
    if (!view || (workload.view?.uid === view.uid && workload.view.generation > view.generation)) return false;
    workload.view = view;
    return true;
  }

  #of(namespace: string, name: string, template: InstanceTemplate): Workload {
    const key = `${namespace}/${name}`;
    let workload = this.#workloads.get(key);
    if (!workload)
      this.#workloads.set(key, (workload = { namespace, name, template, kept: false, unleased: undefined, view: undefined, writing: false, failures: 0 }));
    return workload;
  }

  /** Once however much changes in one turn. */
  #levelSoon(workload: Workload): void {
    if (this.#due.size === 0) {
      queueMicrotask(() => {
        const due = [...this.#due];
        this.#due.clear();
        for (const each of due) this.#level(each);
      });
    }
    this.#due.add(workload);
  }

  #level(workload: Workload): void {
    if (this.#closed || workload.writing || workload.retry || workload.view?.deleting) return;
    const counted = this.#deps.members.counted(workload.namespace, workload.name);
    const plan = this.#plan(workload, counted);
    if (plan.kind === 'lower') for (const id of plan.end) this.#deps.members.setStopping(id);
    const ending = counted.filter(({ state }) => state === 'stopping');
    if (plan.kind === 'raise') void this.#write(workload, plan.replicas);
    else if (plan.kind === 'lower') void this.#write(workload, plan.replicas, ending);
    else if (this.#isStale(workload)) void this.#write(workload, workload.view?.replicas ?? 0);
    if (plan.kind !== 'lower') for (const member of ending) this.#deps.podWriter.remove(member, 0);
  }

  #plan(workload: Workload, members: readonly Member[]): WorkloadPlan {
    const { now, connected } = this.#deps;
    const { template, view } = workload;
    const { kind } = template.owner;
    const replicas = view?.replicas ?? 0;
    // Pods whose Deployment is gone are going too.
    const counted = view ? members : [];
    const pods = counted.map(({ id, state, pod, leasedAt = Infinity }): CountedPod => ({
      id,
      state,
      ready: pod.ready,
      createdAt: pod.createdAt,
      slow: now() - leasedAt >= SLOW_LEASE_MS,
    }));
    const taken = kind === 'Function' ? pods.filter(({ state }) => state === 'leased' || state === 'stopping').length : 0;
    // A Deployment may be seen before its pods: what then turns out to be taken does not wait.
    workload.found = Math.min(workload.found ?? Infinity, Math.max(0, replicas - taken));
    const unleased = workload.unleased ?? workload.found;
    return decideWorkload({ kind, unleased, replicas, pods, connected: connected() });
  }

  #isStale({ view, template, kept }: Workload): boolean {
    return view !== undefined && kept && this.#deps.deployments.isStale(view, template);
  }

  async #write(workload: Workload, replicas: number, ending: readonly Member[] = []): Promise<void> {
    const { queue, log, podWriter, deployments } = this.#deps;
    const before = workload.view?.replicas ?? 0;
    workload.writing = true;
    try {
      await queue.run(replicas > before ? 'raise' : 'lower', async () => {
        if (replicas > 0) await Promise.all(ending.map((member) => podWriter.offer(member)));
        const whole = !workload.view || this.#isStale(workload);
        this.#see(workload, await (whole ? deployments.apply(workload.template, replicas) : deployments.scale(workload, replicas)));
      });
      workload.failures = 0;
      log.debug('workload has other replicas', { workload: `${workload.namespace}/${workload.name}`, from: before, to: replicas });
    } catch (error) {
      this.#onFailedWrite(workload, error as Error);
    }
    workload.writing = false;
    for (const member of ending) podWriter.remove(member, LEFT_OVER_MS);
    this.#levelSoon(workload);
  }

  #onFailedWrite(workload: Workload, error: Error): void {
    if (error instanceof KubernetesError && error.status === 404 && workload.view) workload.view = undefined;
    workload.failures += 1;
    const waitMs = backoffMs(workload.failures, BACKOFF);
    this.#deps.log.warn('a workload could not be written', {
      workload: `${workload.namespace}/${workload.name}`,
      failures: workload.failures,
      problem: error.message,
    });
    this.#tellFailing(workload, error.message, waitMs);
    workload.retry = setTimeout(() => {
      workload.retry = undefined;
      this.#levelSoon(workload);
    }, waitMs).unref();
  }

  #tellFailing(workload: Workload, reason: string, waitMs = FAILING_AGAIN_MS): void {
    const { now, emit } = this.#deps;
    const { failing, template, unleased = 0 } = workload;
    if (unleased === 0 || (failing?.reason === reason && now() - failing.at < FAILING_AGAIN_MS)) return;
    workload.failing = { reason, at: now() };
    emit({ type: 'failing', template, reason, retryAtMs: now() + waitMs });
  }

  /** Ends what was found and nobody asks for, and deletes what is empty for long. */
  #sweep(): void {
    const now = this.#deps.now();
    if (!this.#deps.connected()) return;
    for (const [key, workload] of this.#workloads) {
      if (workload.unleased === undefined && now - this.#since > UNWANTED_MS) {
        workload.unleased = 0;
        this.#levelSoon(workload);
      }
      const empty =
        workload.unleased === 0 && (workload.view?.replicas ?? 0) === 0 && this.#deps.members.counted(workload.namespace, workload.name).length === 0;
      if (!empty) workload.emptySince = undefined;
      else if (!workload.view) this.#workloads.delete(key);
      else if (now - (workload.emptySince ??= now) > EMPTY_MS) void this.#delete(workload, workload.view);
    }
  }

  async #delete(workload: Workload, view: DeploymentView): Promise<void> {
    const { queue, deployments, log } = this.#deps;
    workload.emptySince = undefined;
    await queue
      .run('lower', () => deployments.remove(view))
      .catch((error: Error) => log.warn('an empty workload could not be deleted', { workload: workload.name, problem: error.message }));
  }

  #later(ms: number, then: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, ms).unref();
    this.#timers.add(timer);
  }
}
