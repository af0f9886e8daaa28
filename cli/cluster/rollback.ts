import { isDeepStrictEqual } from 'node:util';
import { KubernetesError } from '../../kit/kubernetes/error.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { API_VERSION } from '../../protocol/names.ts';
import { MAX_CONFIG_MAP_PACKAGE_BYTES, packageConfigMapName } from '../../protocol/package-config-map.ts';
import type { FunctionResource, RevisionResource } from '../../protocol/schema/resources.ts';
import type { Cluster } from './cluster.ts';
import { fieldConflictsOf, refusalOf } from './cluster-failure.ts';
import type { ClusterObject } from './cluster-object.ts';
import type { ResourceType } from './discovery.ts';
import { otherOwnersOfSpec, ownMetadata } from './field-owners.ts';
import { findFunction, listOwn, ownType } from './picture.ts';

export interface RollbackOptions {
  readonly name: string;
  /** @default the newest that differs from what the Function says */
  readonly revision?: string;
  readonly namespace?: string;
  /** Also where another field manager owns the spec. */
  readonly force: boolean;
}

export interface RollbackReport {
  readonly context: string;
  readonly function: string;
  readonly revision: string;
  /** False where the Function says that already. */
  readonly changed: boolean;
}

const CONFIG_MAPS: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };

/** Sets a Function's spec back to a Revision's. @throws PlatformError FUNCTION_NOT_FOUND, REVISION_NOT_FOUND, APPLY_CONFLICT, PACKAGE_INVALID */
export async function rollback(cluster: Cluster, { name, revision, namespace, force }: RollbackOptions): Promise<RollbackReport> {
  const fn = await findFunction(cluster, name, namespace);
  const { metadata, spec } = fn;
  const all = await listOwn(cluster, 'Revision', metadata.namespace);
  const target = chooseRevision(fn, all, revision);
  const report = { context: cluster.context, function: `${metadata.namespace}/${metadata.name}`, revision: target.metadata.name };
  if (isDeepStrictEqual(target.spec.snapshot, spec)) return { ...report, changed: false };
  const live = fn as unknown as ClusterObject;
  const others = otherOwnersOfSpec(live);
  if (others.length > 0 && !force) {
    const message = `the spec of ${report.function} belongs to the field manager ${others.map((one) => `"${one}"`).join(', ')}, which would set it again: roll back there (for git: revert the commit), or take it over with --force`;
    throw new PlatformError('APPLY_CONFLICT', message, { details: { managers: others } });
  }
  await checkPackage(cluster, target);
  const { name: own, namespace: place } = metadata;
  const object = { apiVersion: API_VERSION, kind: 'Function', metadata: { name: own, namespace: place, ...ownMetadata(live) }, spec: target.spec.snapshot };
  try {
    await cluster.apply(await ownType(cluster, 'Function'), object, { force });
  } catch (error) {
    if (!(error instanceof KubernetesError)) throw error;
    const [conflict] = fieldConflictsOf(error);
    if (conflict)
      throw new PlatformError(
        'APPLY_CONFLICT',
        `${conflict.field} of ${report.function} belongs to the field manager "${conflict.manager}": take it over with --force`,
      );
    throw new PlatformError('CLUSTER_REFUSED', `${report.function}: ${refusalOf(error)}`, { cause: error });
  }
  return { ...report, changed: true };
}

/** The Revision that was named, or the newest that differs from what the Function says. @throws PlatformError REVISION_NOT_FOUND */
export function chooseRevision(fn: FunctionResource, all: readonly RevisionResource[], wanted: string | undefined): RevisionResource {
  const { uid, name, namespace } = fn.metadata;
  const own = all.filter(({ spec }) => spec.function === name && spec.functionUid === uid).toSorted((a, b) => b.spec.generation - a.spec.generation);
  const found =
    wanted === undefined
      ? own.find(({ spec }) => !isDeepStrictEqual(spec.snapshot, fn.spec))
      : own.find(({ metadata, spec }) => metadata.name === wanted || String(spec.generation) === wanted);
  if (found) return found;
  const there = own.map(({ metadata, spec }) => `${metadata.name} (generation ${spec.generation})`).join(', ');
  const message = wanted === undefined ? `${namespace}/${name} has no older Revision` : `${namespace}/${name} has no Revision "${wanted}"`;
  throw new PlatformError('REVISION_NOT_FOUND', `${message}; there is ${there === '' ? 'none' : there}`);
}

/** Going back to code that is no longer there would take the function down. */
async function checkPackage(cluster: Cluster, { metadata, spec }: RevisionResource): Promise<void> {
  const { package: packed } = spec.snapshot;
  if (!packed || packed.size > MAX_CONFIG_MAP_PACKAGE_BYTES) return;
  const name = packageConfigMapName(packed.digest);
  if (await cluster.get(CONFIG_MAPS, { namespace: metadata.namespace, name })) return;
  throw new PlatformError('PACKAGE_INVALID', `the code of ${metadata.name} is gone (ConfigMap ${metadata.namespace}/${name}): deploy the stack as it was then`);
}
