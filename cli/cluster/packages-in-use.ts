import { API_VERSION } from '../../protocol/names.ts';
import { packageConfigMapName } from '../../protocol/package-config-map.ts';
import type { FunctionSpec } from '../../protocol/schema/function.ts';
import type { FunctionResource, RevisionResource } from '../../protocol/schema/resources.ts';
import type { Cluster } from './cluster.ts';

/**
 * Names (`<namespace>/<name>`) of the package ConfigMaps that Functions and Revisions need, in the namespaces given. Revisions count, so that `fib rollback` finds their code.
 * @param isGoing whether a Function is about to be deleted, with its Revisions
 */
export async function findPackagesInUse(
  cluster: Cluster,
  namespaces: readonly string[],
  isGoing: (namespace: string, name: string) => boolean,
): Promise<Set<string>> {
  const [functionType, revisionType] = await Promise.all([cluster.discovery.find(API_VERSION, 'Function'), cluster.discovery.find(API_VERSION, 'Revision')]);
  const used = new Set<string>();
  const use = (namespace: string, name: string, { package: packed }: FunctionSpec) => {
    if (packed && !isGoing(namespace, name)) used.add(`${namespace}/${packageConfigMapName(packed.digest)}`);
  };
  for (const namespace of namespaces) {
    const functions = functionType ? await cluster.list<FunctionResource>(functionType, namespace) : [];
    const revisions = revisionType ? await cluster.list<RevisionResource>(revisionType, namespace) : [];
    for (const { metadata, spec } of functions) use(namespace, metadata.name, spec);
    for (const { spec } of revisions) use(namespace, spec.function, spec.snapshot);
  }
  return used;
}
