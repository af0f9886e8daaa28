import type { KubernetesObject, SynthObject } from '../../constructs/synth/object.ts';
import { API_GROUP, LABELS } from '../../protocol/names.ts';
import { type GroupKind, groupKindOf } from './discovery.ts';

/** A stack or platform of an app: what bears its label in its namespaces is its own, and only that is ever pruned. */
export interface Scope {
  /** Key of the label: `fibonacci.dev/stack`. */
  readonly label: string;
  /** Value of the label. */
  readonly id: string;
  /** Where its inventory lies: the namespace of its functions or workloads. */
  readonly home: string;
  /** Of its objects, as they are declared. */
  readonly namespaces: readonly string[];
  readonly groupKinds: readonly GroupKind[];
  /** Ids of its objects that stand in no namespace. */
  readonly clusterObjects: readonly string[];
}

/** A stack that is known beside its objects: one that declares nothing any more. */
export interface KnownScope {
  readonly label: string;
  readonly id: string;
  readonly home: string;
}

const OWNER_LABELS: readonly string[] = [LABELS.stack];

/** Label and value that say whose an object is; undefined for one that belongs to nobody. */
export function ownerOf({ metadata }: KubernetesObject): { readonly label: string; readonly id: string } | undefined {
  const label = OWNER_LABELS.find((key) => metadata.labels?.[key] !== undefined);
  return label === undefined ? undefined : { label, id: metadata.labels?.[label] ?? '' };
}

/** The scopes of an app's objects, and those known besides. */
export function scopesOf(objects: readonly SynthObject[], known: readonly KnownScope[] = []): Scope[] {
  const owned = objects.flatMap((synth) => {
    const owner = ownerOf(synth.object);
    return owner ? [{ ...owner, synth }] : [];
  });
  const groups = Map.groupBy(owned, ({ label, id }) => `${label}=${id}`);
  const scopes = [...groups.values()].flatMap((members) => {
    const [first] = members;
    const synths = members.map(({ synth }) => synth);
    if (!first) return [];
    const { label, id } = first;
    const home = known.find((scope) => scope.label === label && scope.id === id)?.home ?? homeOf(synths);
    return [scopeFrom({ label, id, home }, synths)];
  });
  const empty = known.filter(({ label, id }) => !groups.has(`${label}=${id}`)).map((scope) => scopeFrom(scope, []));
  return [...scopes, ...empty];
}

export function selectorOf({ label, id }: Pick<Scope, 'label' | 'id'>): string {
  return `${label}=${id}`;
}

function scopeFrom({ label, id, home }: KnownScope, synths: readonly SynthObject[]): Scope {
  const namespaces = synths.map(({ object }) => object.metadata.namespace).filter((namespace) => namespace !== undefined);
  return {
    label,
    id,
    home,
    namespaces: [...new Set([home, ...namespaces])].sort(),
    groupKinds: [...new Set(synths.map(({ object }) => groupKindOf(object)))].sort(),
    clusterObjects: synths.filter(({ object }) => object.metadata.namespace === undefined).map(({ id: objectId }) => objectId),
  };
}

/** The namespace of its functions, else of its workloads, else of anything that it has. */
function homeOf(synths: readonly SynthObject[]): string {
  const namespaced = synths.filter(({ object }) => object.metadata.namespace !== undefined);
  const own = namespaced.find(({ object }) => object.apiVersion.startsWith(`${API_GROUP}/`));
  const home = own ?? namespaced.find(({ phase }) => phase === 'workload') ?? namespaced[0];
  return home?.object.metadata.namespace ?? 'default';
}
