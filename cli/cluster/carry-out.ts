import { setTimeout as sleep } from 'node:timers/promises';
import type { SynthObject } from '../../constructs/synth/object.ts';
import { KubernetesError } from '../../kit/kubernetes/error.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { awaitReady } from './await-ready.ts';
import type { Cluster } from './cluster.ts';
import { fieldConflictsOf, refusalOf } from './cluster-failure.ts';
import { mapConcurrent } from './concurrent.ts';
import { inventoryOf, mergeInventory, readInventory, writeInventory } from './inventory.ts';
import type { Deletion, Plan } from './plan.ts';
import { isReplacement } from './replacement.ts';
import { ownerOf, type Scope } from './scope.ts';

export interface CarryOutOptions {
  readonly force: boolean;
  onApplied(synth: SynthObject, action: 'create' | 'update'): void;
  onDeleted(id: string): void;
  /** Once workloads are applied and before Functions are: code that does not come as an object. */
  beforeFunctions(): Promise<void>;
}

const REQUESTS_AT_ONCE = 8;
/** A CRD or namespace that is not there by then will not come. */
const FOUNDATION_MS = 60_000;
const SCHEMA_ATTEMPTS = 6;
const SCHEMA_PAUSE_MS = 500;

/** Applies and deletes what the plan says, in its order; CRDs and namespaces are awaited before what needs them. @throws PlatformError CLUSTER_REFUSED, APPLY_CONFLICT, NOT_READY */
export async function carryOut(cluster: Cluster, plan: Plan, scopes: readonly Scope[], options: CarryOutOptions): Promise<void> {
  // Before anything is made: where this ends in the middle, the next deployment knows where to look.
  const foundations = plan.changes.filter(({ wanted }) => wanted.phase === 'crd' || wanted.phase === 'namespace');
  await applyAll(cluster, foundations, options);
  await awaitFoundations(
    cluster,
    foundations.map(({ wanted }) => wanted),
  );
  cluster.discovery.forget();
  const inventories = await mapConcurrent(scopes, 1, async (scope) => ({ scope, before: await readInventory(cluster, scope) }));
  for (const { scope, before } of inventories) await writeInventory(cluster, scope, mergeInventory(scope, before));
  let ready = false;
  for (const wave of wavesOf(plan.changes.filter((change) => !foundations.includes(change)))) {
    if (wave[0]?.wanted.phase === 'resource' && !ready) await options.beforeFunctions();
    ready ||= wave[0]?.wanted.phase === 'resource';
    await applyAll(cluster, wave, options);
  }
  if (!ready) await options.beforeFunctions();
  await deleteAll(cluster, plan.deletions, options.onDeleted);
  // What stays is to be found again.
  const left = plan.kept.map(({ object }) => object);
  for (const { scope } of inventories)
    await writeInventory(cluster, scope, mergeInventory(scope, inventoryOf(left.filter((object) => ownerOf(object)?.id === scope.id))));
}

/** Deletes in order, one after the other where the kind changes. */
export async function deleteAll(cluster: Cluster, deletions: readonly Deletion[], onDeleted: (id: string) => void): Promise<void> {
  for (const ofKind of Map.groupBy(deletions, ({ object }) => `${object.apiVersion} ${object.kind}`).values()) {
    await mapConcurrent(ofKind, REQUESTS_AT_ONCE, async ({ id, object }) => {
      const type = await cluster.discovery.find(object.apiVersion, object.kind);
      if (type) await cluster.remove(type, object);
      onDeleted(id);
    });
  }
}

/** Changes that stand together in one phase: they may go at once, but for what they need of each other. */
function wavesOf(changes: Plan['changes']): Plan['changes'][number][][] {
  const waves: Plan['changes'][number][][] = [];
  for (const change of changes) {
    const wave = waves.at(-1);
    if (wave?.[0]?.wanted.phase === change.wanted.phase) wave.push(change);
    else waves.push([change]);
  }
  return waves;
}

async function applyAll(cluster: Cluster, changes: Plan['changes'], { force, onApplied }: CarryOutOptions): Promise<void> {
  const own = new Set(changes.map(({ wanted }) => wanted.id));
  const done = new Map<string, Promise<void>>();
  const apply = async ({ wanted, action }: Plan['changes'][number]) => {
    // Those stand before it in the list, so they have begun.
    for (const id of wanted.deps.filter((need) => own.has(need))) await done.get(id);
    await applyOne(cluster, wanted, force);
    onApplied(wanted, action);
  };
  await mapConcurrent(changes, REQUESTS_AT_ONCE, (change) => {
    const applied = apply(change);
    done.set(change.wanted.id, applied);
    return applied;
  });
}

async function applyOne(cluster: Cluster, wanted: SynthObject, force: boolean): Promise<void> {
  try {
    await applyPatiently(cluster, wanted, force);
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    const conflicts = error.status === 409 ? fieldConflictsOf(error) : [];
    if (conflicts.length === 0) throw refused(wanted, refusalOf(error), error);
    throw conflictError([{ wanted, conflicts }]);
  }
}

/** After a CRD was made or changed, the API server does not serve the kind for a moment, or goes by its old schema. */
async function applyPatiently(cluster: Cluster, wanted: SynthObject, force: boolean): Promise<void> {
  const { object, phase } = wanted;
  for (let attempt = 1; ; attempt++) {
    const last = attempt === SCHEMA_ATTEMPTS || phase !== 'resource';
    const type = await cluster.discovery.find(object.apiVersion, object.kind);
    if (!type && last) throw refused(wanted, `the API server does not serve ${object.kind} of ${object.apiVersion}`);
    try {
      if (type) return void (await cluster.apply(type, object, { force }));
      cluster.discovery.forget();
    } catch (error) {
      if (last || !(error instanceof KubernetesError) || ![400, 404, 422].includes(error.status)) throw error;
    }
    await sleep(SCHEMA_PAUSE_MS);
  }
}

async function awaitFoundations(cluster: Cluster, synths: readonly SynthObject[]): Promise<void> {
  const [missing] = await awaitReady(cluster, synths, { timeoutMs: FOUNDATION_MS, onVerdict: () => undefined });
  if (missing) throw new PlatformError('NOT_READY', `${missing.synth.id} (${missing.synth.path}) is not ready after ${FOUNDATION_MS / 1000} s: ${missing.why}`);
}

/** @throws PlatformError where the API server refuses objects, or other managers own fields of them */
export function checkPlan(plan: Plan): void {
  if (plan.refusals.length > 0) {
    const lines = [...Map.groupBy(plan.refusals, ({ reason }) => reason)].map(
      ([reason, alike]) =>
        `  ${alike.map(({ wanted }) => `${wanted.path} (${wanted.id})`).join(', ')}: ${reason}${alike.some(isReplacement) ? '; delete it first, or give it another name' : ''}`,
    );
    const details = { problems: plan.refusals.map(({ wanted, reason }) => ({ path: wanted.path, id: wanted.id, message: reason })) };
    throw new PlatformError('CLUSTER_REFUSED', ['nothing was changed, since the API server would refuse:', ...lines].join('\n'), { details });
  }
  if (plan.conflicts.length > 0) throw conflictError(plan.conflicts);
}

function conflictError(conflicts: Plan['conflicts']): PlatformError {
  const lines = conflicts.flatMap(({ wanted, conflicts: fields }) =>
    fields.map(({ manager, field }) => `  ${wanted.path} (${wanted.id}): ${field} is owned by the field manager "${manager}"`),
  );
  const details = { conflicts: conflicts.map(({ wanted, conflicts: fields }) => ({ path: wanted.path, id: wanted.id, fields })) };
  return new PlatformError('APPLY_CONFLICT', ['others set fields that the stack sets to another value:', ...lines].join('\n'), { details });
}

function refused(wanted: SynthObject, reason: string, cause?: unknown): PlatformError {
  return new PlatformError('CLUSTER_REFUSED', `${wanted.path} (${wanted.id}): ${reason}`, { details: { path: wanted.path, id: wanted.id }, cause });
}
