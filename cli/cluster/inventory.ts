import { idOf } from '../../constructs/synth/group-kind.ts';
import { API_GROUP } from '../../protocol/names.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterObject } from './cluster-object.ts';
import { type GroupKind, groupKindOf, type ResourceType } from './discovery.ts';
import type { Scope } from './scope.ts';

/**
 * Where to look for what a stack had: kinds and namespaces, and by name what stands in no namespace. It lies in a ConfigMap of the stack's namespace.
 * Membership is the label's alone; the form follows kubectl's ApplySets (KEP-3659), whose parent holds the kinds and namespaces of its members, too.
 */
export interface Inventory {
  readonly groupKinds: readonly GroupKind[];
  readonly namespaces: readonly string[];
  readonly clusterObjects: readonly string[];
}

const CONFIG_MAPS: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };

/** Kinds that a stack has without asking for them, or that a first look should not miss. */
const USUAL: readonly GroupKind[] = [
  ...['PodPool', 'Function', 'Trigger', 'ScalingRule'].map((kind) => `${kind}.${API_GROUP}`),
  'ConfigMap',
  'Role.rbac.authorization.k8s.io',
  'RoleBinding.rbac.authorization.k8s.io',
];
/** Looked for where no inventory says what was deployed: by kubectl, or by hand. */
const WIDE: readonly GroupKind[] = [
  ...['Secret', 'Service', 'ServiceAccount', 'PersistentVolumeClaim'],
  ...['Deployment', 'StatefulSet', 'DaemonSet'].map((kind) => `${kind}.apps`),
  ...['Job', 'CronJob'].map((kind) => `${kind}.batch`),
  ...['Ingress', 'NetworkPolicy'].map((kind) => `${kind}.networking.k8s.io`),
  'PodDisruptionBudget.policy',
  'HorizontalPodAutoscaler.autoscaling',
];

export function inventoryName({ label, id }: Pick<Scope, 'label' | 'id'>): string {
  return `fibonacci-inventory-${label.split('/').at(-1)}-${id}`;
}

export async function readInventory(cluster: Cluster, scope: Scope): Promise<Inventory | undefined> {
  const found = await cluster.get<ClusterObject & { data?: Record<string, string> }>(CONFIG_MAPS, { namespace: scope.home, name: inventoryName(scope) });
  return found && { groupKinds: lines(found.data, 'kinds'), namespaces: lines(found.data, 'namespaces'), clusterObjects: lines(found.data, 'clusterObjects') };
}

/** Does nothing where it says so already. */
export async function writeInventory(cluster: Cluster, scope: Scope, inventory: Inventory): Promise<void> {
  const before = await readInventory(cluster, scope);
  if (before && JSON.stringify(before) === JSON.stringify(inventory)) return;
  const data = {
    kinds: inventory.groupKinds.join('\n'),
    namespaces: inventory.namespaces.join('\n'),
    clusterObjects: inventory.clusterObjects.join('\n'),
  };
  const metadata = { name: inventoryName(scope), namespace: scope.home, labels: { [scope.label]: scope.id } };
  await cluster.apply(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }, { force: true });
}

export async function removeInventory(cluster: Cluster, scope: Scope): Promise<void> {
  const found = await cluster.get(CONFIG_MAPS, { namespace: scope.home, name: inventoryName(scope) });
  if (found) await cluster.remove(CONFIG_MAPS, found);
}

/** What a scope has, or had and may still have. */
export function mergeInventory(scope: Scope, before: Inventory | undefined): Inventory {
  const union = (a: readonly string[], b: readonly string[] = []) => [...new Set([...a, ...b])].sort();
  return {
    groupKinds: union(scope.groupKinds, before?.groupKinds),
    namespaces: union(scope.namespaces, before?.namespaces),
    clusterObjects: union(scope.clusterObjects, before?.clusterObjects),
  };
}

/** Where given objects are. */
export function inventoryOf(objects: readonly ClusterObject[]): Inventory {
  const namespaces = objects.flatMap(({ metadata: { namespace } }) => (namespace === undefined ? [] : [namespace]));
  const clusterObjects = objects.filter(({ metadata }) => metadata.namespace === undefined).map(idOf);
  return { groupKinds: objects.map(groupKindOf), namespaces, clusterObjects };
}

/** Where to look for objects with the scope's label. */
export function searchSpace(scope: Scope, inventory: Inventory | undefined): Inventory {
  const { groupKinds, ...rest } = mergeInventory(scope, inventory);
  return { ...rest, groupKinds: [...new Set([...groupKinds, ...USUAL, ...(inventory ? [] : WIDE)])].sort() };
}

function lines(data: Readonly<Record<string, string>> | undefined, key: string): string[] {
  return (data?.[key] ?? '').split('\n').filter((line) => line !== '');
}
