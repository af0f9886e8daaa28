import { idOf } from '../../constructs/synth/group-kind.ts';
import type { SynthObject } from '../../constructs/synth/object.ts';
import { API_GROUP } from '../../protocol/names.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterObject } from './cluster-object.ts';
import type { Deletion, Kept } from './plan.ts';
import { ownerOf } from './scope.ts';

/** A CRD or namespace that an app brings and that bears no stack's label, since others may use it, too. */
export interface SharedHolder {
  readonly object: ClusterObject;
  /** What is in it and belongs to none of the stacks that are removed. */
  readonly foreign: number;
}

/** Kinds that show that somebody uses a namespace. */
const USES = [`Function.${API_GROUP}`, 'Deployment.apps', 'StatefulSet.apps', 'PersistentVolumeClaim'];

/** The CRDs and namespaces among an app's objects that nobody owns, as they are in the cluster. @param owned what is about to be deleted */
export async function findSharedHolders(cluster: Cluster, objects: readonly SynthObject[], owned: readonly ClusterObject[]): Promise<SharedHolder[]> {
  const own = new Set(owned.map(idOf));
  // What something owns goes with it: a Revision with its Function.
  const isForeign = (object: ClusterObject) => !own.has(idOf(object)) && (object.metadata.ownerReferences ?? []).length === 0;
  const declared = objects.filter(({ phase, object }) => (phase === 'crd' || phase === 'namespace') && ownerOf(object) === undefined);
  const found = declared.map(async ({ object }): Promise<SharedHolder[]> => {
    const type = await cluster.discovery.find(object.apiVersion, object.kind);
    const live = type && (await cluster.get(type, object.metadata));
    if (!live) return [];
    const content = await (object.kind === 'Namespace' ? usesOf(cluster, object.metadata.name) : instancesOf(cluster, object['spec'] as CrdSpec));
    return [{ object: live, foreign: content.filter(isForeign).length }];
  });
  return (await Promise.all(found)).flat();
}

/** They take all that is in them along: they go only when that was asked for and nobody else has anything there. */
export function planSharedHolders(
  holders: readonly SharedHolder[],
  purge: boolean,
): { readonly deletions: readonly Deletion[]; readonly kept: readonly Kept[] } {
  const judged = holders.map(({ object, foreign }) => ({
    id: idOf(object),
    object,
    reason: foreign > 0 ? `${foreign} objects of others would go with it` : purge ? undefined : 'others may use it; --purge deletes it, too',
  }));
  return {
    // CRDs last: namespaces end only while their content can still be looked at.
    deletions: judged
      .flatMap(({ id, object, reason }) => (reason === undefined ? [{ id, object }] : []))
      .sort((a, b) => (a.object.kind < b.object.kind ? 1 : -1)),
    kept: judged.flatMap(({ id, object, reason }) => (reason === undefined ? [] : [{ id, object, reason }])),
  };
}

async function instancesOf(cluster: Cluster, { group, names, versions }: CrdSpec): Promise<ClusterObject[]> {
  const type = await cluster.discovery.find(`${group}/${versions[0]?.name}`, names.kind);
  return type ? cluster.list<ClusterObject>(type) : [];
}

async function usesOf(cluster: Cluster, namespace: string): Promise<ClusterObject[]> {
  const found = USES.map(async (groupKind) => {
    const type = await cluster.discovery.findGroupKind(groupKind);
    return type ? cluster.list<ClusterObject>(type, namespace) : [];
  });
  return (await Promise.all(found)).flat();
}

interface CrdSpec {
  readonly group: string;
  readonly names: { readonly kind: string };
  readonly versions: readonly { readonly name: string }[];
}
