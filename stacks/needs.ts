import type { KubernetesObject, SynthObject } from '../constructs/synth/object.ts';
import { PART_OF_LABEL } from '../protocol/cluster-names.ts';
import { API_GROUP } from '../protocol/names.ts';
import { packageConfigMapName } from '../protocol/package-config-map.ts';
import type { FunctionSpec } from '../protocol/schema/function.ts';

/**
 * For each object the ids of those that must be there before it, and go after it: what its constructs say, its CRD, its namespace, what its phase builds on in its namespace.
 * Not every pair of phases: a stack of n objects has far fewer than n² edges. Pure.
 * @param objects in the order to apply them
 */
export function needsOf(objects: readonly SynthObject[]): ReadonlyMap<string, readonly string[]> {
  const positions = new Map(objects.map(({ id }, index) => [id, index]));
  const world: World = {
    crds: new Map(objects.filter(({ phase }) => phase === 'crd').map((crd) => [definedKind(crd.object), crd.id])),
    basics: Map.groupBy(
      objects.filter(({ phase }) => phase === 'rbac' || phase === 'config'),
      ({ object }) => object.metadata.namespace ?? '',
    ),
    platform: objects.filter(
      ({ object, phase }) => phase === 'workload' && object.kind === 'Deployment' && object.metadata.labels?.[PART_OF_LABEL] === 'fibonacci',
    ),
    workloads: objects.filter(({ phase }) => phase === 'workload'),
  };
  return new Map(
    objects.map((synth, index) => {
      const needed = [...synth.deps, ...foundationsOf(synth, world), ...referencesOf(synth.object), ...phaseNeeds(synth, world)];
      // Only what stands before it: where a construct wants it the other way round, there is no circle.
      return [synth.id, [...new Set(needed)].filter((id) => (positions.get(id) ?? index) < index)];
    }),
  );
}

interface World {
  /** Ids of CRDs by `<group>/<kind>`. */
  readonly crds: ReadonlyMap<string, string>;
  /** Access rights and configuration by namespace; '' for what stands in none. */
  readonly basics: ReadonlyMap<string, readonly SynthObject[]>;
  /** The processes that look after our kinds. */
  readonly platform: readonly SynthObject[];
  readonly workloads: readonly SynthObject[];
}

function foundationsOf({ object }: SynthObject, { crds }: World): string[] {
  const { namespace } = object.metadata;
  const crd = crds.get(`${object.apiVersion.split('/')[0]}/${object.kind}`);
  return [...(crd === undefined ? [] : [crd]), ...(namespace === undefined ? [] : [`Namespace/${namespace}`])];
}

/** By name, where the one cannot do without the other. */
function referencesOf({ apiVersion, kind, metadata: { namespace }, ...object }: KubernetesObject): string[] {
  if (kind === 'RoleBinding' || kind === 'ClusterRoleBinding') {
    const { kind: role, name } = object['roleRef'] as { kind: string; name: string };
    return [role === 'Role' ? `Role/${namespace}/${name}` : `${role}/${name}`];
  }
  if (kind !== 'Function' || !apiVersion.startsWith(`${API_GROUP}/`)) return [];
  const { package: code, secrets } = object['spec'] as Pick<FunctionSpec, 'package' | 'secrets'>;
  return [...(code ? [`ConfigMap/${namespace}/${packageConfigMapName(code.digest)}`] : []), ...secrets.map((secret) => `Secret/${namespace}/${secret.name}`)];
}

function phaseNeeds({ object, phase }: SynthObject, { basics, platform, workloads }: World): string[] {
  const { namespace } = object.metadata;
  if (phase === 'workload') return [...(basics.get('') ?? []), ...((namespace === undefined ? undefined : basics.get(namespace)) ?? [])].map(({ id }) => id);
  if (phase === 'resource') return platform.map(({ id }) => id);
  return phase === 'webhook' ? workloads.map(({ id }) => id) : [];
}

function definedKind({ spec }: KubernetesObject): string {
  const { group, names } = spec as { group: string; names: { kind: string } };
  return `${group}/${names.kind}`;
}
