import type { FunctionRuntime } from '../../../protocol/schema/fields.ts';
import type { Workloads } from '../../../protocol/workloads.ts';
import type { KubernetesClient } from '../../kubernetes/client.ts';
import type { Log } from '../../log.ts';
import type { Assignment, Fleet, FleetEvent, Instance, InstanceTemplate } from '../fleet.ts';
import { createDeploymentWriter } from './deployment-writer.ts';
import { type Member, Members } from './members.ts';
import { watchZones, type Zones } from './nodes.ts';
import { createPodWriter, type PodWriter } from './pod-writer.ts';
import { createQuiet, type Quiet } from './quiet.ts';
import { createSight, type Sight } from './sight.ts';
import { type FleetWatches, watchFleet } from './watches.ts';
import { hasImage, noImage } from './workload.ts';
import { WorkloadKeeper } from './workload-keeper.ts';
import { createWriteQueue, type WriteQueue } from './write-queue.ts';

export interface KubernetesFleetOptions {
  readonly client: KubernetesClient;
  /** Where functions live. */
  readonly namespaces: readonly string[];
  readonly workloads: Workloads;
  /** Of the scaler; base64url (watcher.md W1.1). */
  readonly publicKey: string;
  readonly log: Log;
  /** @default Date.now */
  now?(): number;
}

const WRITES_AT_ONCE = 12;
/** That a lease is recorded makes its pool fill again, which takes the processors that requests of the same burst need just then. */
const AFTER_BURST = { quietMs: 150, latestMs: 500 };
/** Longer than a leader takes to find that it is none any more. */
const SETTLE_MS = 3000;

/** The fleet as pods. Resolves once it has seen all that are there; what it leaves behind at its end is for the next leader. */
export async function createKubernetesFleet(options: KubernetesFleetOptions): Promise<Fleet> {
  const fleet = new KubernetesFleet(options);
  await fleet.synced;
  return fleet;
}

class KubernetesFleet implements Fleet {
  readonly #workloads: Workloads;
  readonly #members: Members;
  readonly #keeper: WorkloadKeeper;
  readonly #queue: WriteQueue;
  readonly #podWriter: PodWriter;
  readonly #zones: Zones;
  readonly #watches: FleetWatches;
  readonly #sight: Sight;
  readonly #burst: Quiet;
  readonly #listeners = new Set<(event: FleetEvent) => void>();

  constructor({ client, namespaces, workloads, publicKey, log, now = Date.now }: KubernetesFleetOptions) {
    this.#workloads = workloads;
    this.#burst = createQuiet(AFTER_BURST, now);
    // What was held back while we did not see may be due.
    this.#sight = createSight({ settleMs: SETTLE_MS, onClear: () => this.#keeper.levelAll() });
    this.#zones = watchZones(client, log);
    this.#queue = createWriteQueue(WRITES_AT_ONCE);
    this.#podWriter = createPodWriter({ client, queue: this.#queue, log, now });
    const emit = (event: FleetEvent) => this.#emit(event);
    this.#members = new Members({
      emit,
      now,
      zoneOf: (node) => this.#zones.zoneOf(node),
      onUseless: (member) => this.#discard(member),
      onChanged: (member) => this.#keeper.onMember(member),
      onProblem: (member, problem) => this.#keeper.onProblem(member, problem),
    });
    this.#keeper = new WorkloadKeeper({
      deployments: createDeploymentWriter({ client, context: { workloads, publicKey } }),
      queue: this.#queue,
      members: this.#members,
      podWriter: this.#podWriter,
      log,
      emit,
      connected: () => this.connected,
      now,
    });
    this.#watches = watchFleet({
      client,
      namespaces,
      log,
      sight: this.#sight,
      deployments: { applied: (view) => this.#keeper.observe(view), deleted: (view) => this.#keeper.forget(view) },
      pods: { applied: (pod) => this.#members.observe(pod), deleted: (pod) => this.#members.forget(pod) },
    });
  }

  /** Resolves once all that are there are known. */
  get synced(): Promise<unknown> {
    return this.#watches.synced;
  }

  get connected(): boolean {
    return this.#sight.clear;
  }

  keep(template: InstanceTemplate, unleased: number): void {
    this.#keeper.keep(template, unleased);
  }

  lease(templateKey: string): Instance | undefined {
    return this.#leased(this.#members.lease(templateKey));
  }

  claim(id: string): Instance | undefined {
    return this.#leased(this.#members.claim(id));
  }

  async assign(id: string, assignment: Assignment): Promise<void> {
    this.#members.setAssignment(id, assignment);
    const member = this.#members.get(id);
    if (!member) return;
    await this.#burst.wait();
    await this.#podWriter.record(member);
  }

  async stop(id: string, graceMs: number): Promise<void> {
    this.#members.setStopping(id, graceMs);
    const member = this.#members.get(id);
    if (!member) return;
    this.#discard(member);
    await member.gone;
  }

  list(): readonly Instance[] {
    return this.#members.list();
  }

  subscribe(listener: (event: FleetEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  unavailable(runtime: FunctionRuntime): string | undefined {
    return hasImage(runtime, this.#workloads) ? undefined : noImage(runtime).message;
  }

  async close(): Promise<void> {
    this.#sight.close();
    this.#keeper.close();
    this.#podWriter.close();
    this.#queue.close();
    this.#members.close();
    await Promise.all([this.#zones.close(), this.#watches.close()]);
  }

  /** A pod that its Deployment counts goes by way of that, or there would be another in its place. */
  #discard(member: Member): void {
    const { pod } = member;
    if (pod.workload !== undefined && pod.endsBy === undefined && pod.finished === undefined) this.#keeper.onMember(member);
    else this.#podWriter.remove(member, 0);
  }

  #leased(instance: Instance | undefined): Instance | undefined {
    if (instance) this.#burst.disturb();
    const member = instance && this.#members.get(instance.id);
    if (member) this.#keeper.onMember(member);
    return instance;
  }

  #emit(event: FleetEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
