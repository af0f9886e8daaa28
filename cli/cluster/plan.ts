import { isDeepStrictEqual } from 'node:util';
import { idOf, phaseOf, rankOf } from '../../constructs/synth/group-kind.ts';
import { isPackageConfigMap, type KubernetesObject, PHASES, type SynthObject } from '../../constructs/synth/object.ts';
import type { FieldConflict } from './cluster-failure.ts';
import { type ClusterObject, declaredPart } from './cluster-object.ts';

/** One object that the stack declares, and what the API server says to it. */
export interface Observation {
  readonly wanted: SynthObject;
  /** As it is in the cluster; absent where it is not there. */
  readonly live?: ClusterObject | undefined;
  readonly outcome: Outcome;
}

/** What a dry run of the apply came to. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly object: ClusterObject }
  /** Others own fields of it; `object` is what it would be if they were taken over. */
  | { readonly kind: 'conflict'; readonly conflicts: readonly FieldConflict[]; readonly object: ClusterObject }
  /** It cannot be asked yet: its kind or namespace comes with the same deployment. */
  | { readonly kind: 'unchecked' }
  | { readonly kind: 'refused'; readonly reason: string };

export interface Change {
  readonly action: 'create' | 'update';
  readonly wanted: SynthObject;
  readonly before?: KubernetesObject;
  readonly after: KubernetesObject;
}

export interface Deletion {
  readonly id: string;
  readonly object: ClusterObject;
}

/** What bears the stack's label, is declared no more, and is left all the same. */
export interface Kept {
  readonly id: string;
  readonly object: ClusterObject;
  readonly reason: string;
}

export interface Plan {
  /** In the order to apply them. */
  readonly changes: readonly Change[];
  /** In the order to delete them. */
  readonly deletions: readonly Deletion[];
  readonly kept: readonly Kept[];
  readonly unchanged: number;
  readonly conflicts: readonly { readonly wanted: SynthObject; readonly conflicts: readonly FieldConflict[] }[];
  readonly refusals: readonly { readonly wanted: SynthObject; readonly live?: ClusterObject | undefined; readonly reason: string }[];
}

export interface PlanInput {
  readonly observations: readonly Observation[];
  /** Everything in the cluster that bears a label of the app's scopes. */
  readonly owned: readonly ClusterObject[];
  /** Names of package ConfigMaps that some Function or Revision needs, as `<namespace>/<name>`. */
  readonly packagesInUse: ReadonlySet<string>;
}

/** What goes with all that is in it: never deleted unasked. */
const HOLDERS = new Set(['Namespace', 'CustomResourceDefinition', 'PersistentVolumeClaim', 'PersistentVolume']);

/** What a deployment will do. */
export function planDeploy({ observations, owned, packagesInUse }: PlanInput): Plan {
  const changes = observations.map(changeOf).filter((change) => change !== undefined);
  const wanted = new Set(observations.map(({ wanted: { id } }) => id));
  return {
    changes,
    ...planDeletions(
      owned.filter((object) => !wanted.has(idOf(object))),
      packagesInUse,
      false,
    ),
    unchanged: observations.filter(({ outcome }) => outcome.kind !== 'refused').length - changes.length,
    conflicts: observations.flatMap(({ wanted: one, outcome }) => (outcome.kind === 'conflict' ? [{ wanted: one, conflicts: outcome.conflicts }] : [])),
    refusals: observations.flatMap(({ wanted: one, live, outcome }) => (outcome.kind === 'refused' ? [{ wanted: one, live, reason: outcome.reason }] : [])),
  };
}

/**
 * What goes of objects that are wanted no more, what others need first.
 * @param holders also what goes with everything in it: namespaces, CRDs, volume claims
 */
export function planDeletions(
  superfluous: readonly ClusterObject[],
  packagesInUse: ReadonlySet<string>,
  holders: boolean,
): { readonly deletions: readonly Deletion[]; readonly kept: readonly Kept[] } {
  const judged = superfluous
    // What something else owns goes with it; what is going already needs no order.
    .filter(({ metadata }) => (metadata.ownerReferences ?? []).length === 0 && metadata.deletionTimestamp === undefined)
    .map((object) => ({ id: idOf(object), object, reason: reasonToKeep(object, packagesInUse, holders) }));
  judged.sort((a, b) => position(b.object) - position(a.object) || (a.id < b.id ? -1 : 1));
  return {
    deletions: judged.flatMap(({ id, object, reason }) => (reason === undefined ? [{ id, object }] : [])),
    kept: judged.flatMap(({ id, object, reason }) => (reason === undefined ? [] : [{ id, object, reason }])),
  };
}

function changeOf({ wanted, live, outcome }: Observation): Change | undefined {
  if (outcome.kind === 'refused') return undefined;
  if (live === undefined) return { action: 'create', wanted, after: wanted.object };
  // Two stacks with the same code share its ConfigMap, whichever made it.
  if (isPackageConfigMap(wanted.object) && isPackageConfigMap(live)) return undefined;
  const before = declaredPart(live);
  const after = outcome.kind === 'unchecked' ? wanted.object : declaredPart(outcome.object);
  return isDeepStrictEqual(before, after) ? undefined : { action: 'update', wanted, before, after };
}

function reasonToKeep(object: ClusterObject, packagesInUse: ReadonlySet<string>, holders: boolean): string | undefined {
  if (HOLDERS.has(object.kind) && !holders) return 'it would go with all that is in it';
  const { namespace, name } = object.metadata;
  return isPackageConfigMap(object) && packagesInUse.has(`${namespace}/${name}`) ? 'functions or earlier revisions of them still have this code' : undefined;
}

function position(object: KubernetesObject): number {
  return PHASES.indexOf(phaseOf(object)) * 100 + rankOf(object);
}
