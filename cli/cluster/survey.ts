import { idOf } from '../../constructs/synth/group-kind.ts';
import { isPackageConfigMap, type KubernetesObject, type SynthObject } from '../../constructs/synth/object.ts';
import { KubernetesError } from '../../kit/kubernetes/error.ts';
import { requireVersion } from '../../kit/kubernetes/version.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { API_GROUP } from '../../protocol/names.ts';
import type { Cluster } from './cluster.ts';
import { fieldConflictsOf, refusalOf, toClusterError } from './cluster-failure.ts';
import type { ClusterObject } from './cluster-object.ts';
import { mapConcurrent } from './concurrent.ts';
import { groupKindOf, type ResourceType } from './discovery.ts';
import { inventoryName, readInventory, searchSpace } from './inventory.ts';
import { findPackagesInUse } from './packages-in-use.ts';
import { type Observation, type Outcome, planDeploy, type PlanInput } from './plan.ts';
import { type Scope, selectorOf } from './scope.ts';

const REQUESTS_AT_ONCE = 12;

/** Looks at everything that a stack declares and everything that bears its label. Nothing is changed. @throws PlatformError PLATFORM_MISSING, CLUSTER_TOO_OLD, CLUSTER_FORBIDDEN, CLUSTER_UNREACHABLE */
export async function survey(cluster: Cluster, objects: readonly SynthObject[], scopes: readonly Scope[], force: boolean): Promise<PlanInput> {
  await requireVersion(cluster.client, cluster.context).catch((error: unknown) => {
    throw toClusterError(error, { verb: 'get', resource: '/version', context: cluster.context });
  });
  const owned = (await mapConcurrent(scopes, 1, (scope) => findOwned(cluster, scope, objects))).flat();
  const ownedById = new Map(owned.map((object) => [idOf(object), object]));
  const look = (some: readonly SynthObject[], coming: Coming) =>
    mapConcurrent(some, REQUESTS_AT_ONCE, (wanted) => observe(cluster, wanted, ownedById.get(wanted.id), coming, force));
  const [crds, others] = [objects.filter(({ phase }) => phase === 'crd'), objects.filter(({ phase }) => phase !== 'crd')];
  const ofCrds = await look(crds, { groupKinds: new Set(), namespaces: new Set() });
  const observations = [...ofCrds, ...(await look(others, whatComes(ofCrds, others)))];
  return { observations, owned, packagesInUse: await packagesFor(cluster, objects, owned) };
}

/** Everything in the cluster that bears the scope's label, where it has or had something. */
export async function findOwned(cluster: Cluster, scope: Scope, wanted: readonly SynthObject[] = []): Promise<ClusterObject[]> {
  const inventory = await readInventory(cluster, scope);
  const space = searchSpace(scope, inventory);
  const needed = new Set([...scope.groupKinds, ...(inventory?.groupKinds ?? [])]);
  const versions = new Map(wanted.map(({ object }) => [groupKindOf(object), object.apiVersion]));
  const searches = await mapConcurrent(space.groupKinds, REQUESTS_AT_ONCE, async (groupKind) => {
    const version = versions.get(groupKind);
    const type = await (version === undefined ? cluster.discovery.findGroupKind(groupKind) : cluster.discovery.find(version, groupKind.split('.')[0] ?? ''));
    if (!type) return [];
    const found = await listOwned(cluster, type, scope, space.namespaces, needed.has(groupKind));
    // Another environment's stack of the same name has a namespace of its own, but shares what stands in none.
    return type.namespaced ? found : found.filter((object) => space.clusterObjects.includes(idOf(object)));
  });
  return searches.flat().filter((object) => !(object.kind === 'ConfigMap' && object.metadata.name === inventoryName(scope)));
}

async function listOwned(cluster: Cluster, type: ResourceType, scope: Scope, namespaces: readonly string[], needed: boolean): Promise<ClusterObject[]> {
  const places = type.namespaced ? namespaces : [undefined];
  try {
    const selectors = { labelSelector: selectorOf(scope) };
    return (await Promise.all(places.map((namespace) => cluster.list<ClusterObject>(type, namespace, selectors)))).flat();
  } catch (error) {
    // Of a kind that the stack never had there is nothing to find: no right to look is needed.
    if (!needed && error instanceof PlatformError && error.code === 'CLUSTER_FORBIDDEN') return [];
    throw error;
  }
}

async function observe(cluster: Cluster, wanted: SynthObject, known: ClusterObject | undefined, coming: Coming, force: boolean): Promise<Observation> {
  const { object } = wanted;
  const type = await cluster.discovery.find(object.apiVersion, object.kind);
  if (!type) return { wanted, outcome: unknownKind(object, coming, cluster.context) };
  const live = known ?? (await cluster.get(type, object.metadata));
  return { wanted, live, outcome: await tryApply(cluster, type, object, coming, force) };
}

async function tryApply(cluster: Cluster, type: ResourceType, object: KubernetesObject, coming: Coming, force: boolean): Promise<Outcome> {
  try {
    return { kind: 'accepted', object: await cluster.apply(type, object, { dryRun: true, force }) };
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    const conflicts = error.status === 409 ? fieldConflictsOf(error) : [];
    if (conflicts.length > 0) return { kind: 'conflict', conflicts, object: await cluster.apply(type, object, { dryRun: true, force: true }) };
    const { namespace } = object.metadata;
    // The schema that refuses it is about to be replaced.
    if (coming.groupKinds.has(groupKindOf(object)) && namespace !== undefined) return { kind: 'unchecked' };
    if (error.status !== 404 || namespace === undefined) return { kind: 'refused', reason: refusalOf(error) };
    if (coming.namespaces.has(namespace)) return { kind: 'unchecked' };
    return {
      kind: 'refused',
      reason: `namespace ${namespace} does not exist: make it with \`kubectl create namespace ${namespace}\`, or list it in the Platform’s functionNamespaces`,
    };
  }
}

/** @throws PlatformError PLATFORM_MISSING */
function unknownKind(object: KubernetesObject, coming: Coming, context: string): Outcome {
  if (coming.groupKinds.has(groupKindOf(object))) return { kind: 'unchecked' };
  if (object.apiVersion.startsWith(`${API_GROUP}/`))
    throw new PlatformError(
      'PLATFORM_MISSING',
      `the cluster of context ${context} knows no ${object.kind} of ${object.apiVersion}: deploy a stack with a Platform there first`,
    );
  return { kind: 'refused', reason: `the cluster knows no ${object.kind} of ${object.apiVersion}: install what brings it, or correct apiVersion and kind` };
}

/** What the same deployment brings or changes: it cannot be asked about before. */
interface Coming {
  readonly groupKinds: ReadonlySet<string>;
  readonly namespaces: ReadonlySet<string>;
}

function whatComes(ofCrds: readonly Observation[], others: readonly SynthObject[]): Coming {
  const { changes } = planDeploy({ observations: ofCrds, owned: [], packagesInUse: new Set() });
  const specs = changes.map(({ wanted }) => wanted.object['spec'] as CrdSpec);
  const namespaces = others.filter(({ object }) => object.kind === 'Namespace').map(({ object }) => object.metadata.name);
  return { groupKinds: new Set(specs.map(({ group, names }) => `${names.kind}.${group}`)), namespaces: new Set(namespaces) };
}

async function packagesFor(cluster: Cluster, objects: readonly SynthObject[], owned: readonly ClusterObject[]): Promise<Set<string>> {
  const wanted = new Set(objects.map(({ id }) => id));
  const superfluous = owned.filter((object) => !wanted.has(idOf(object)));
  const namespaces = superfluous.filter(isPackageConfigMap).map(({ metadata }) => metadata.namespace ?? '');
  if (namespaces.length === 0) return new Set();
  const going = new Set(superfluous.map((object) => idOf(object)));
  return findPackagesInUse(cluster, [...new Set(namespaces)], (namespace, name) => going.has(`Function/${namespace}/${name}`));
}

interface CrdSpec {
  readonly group: string;
  readonly names: { readonly kind: string };
}
