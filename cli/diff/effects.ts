import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../../constructs/synth/object.ts';
import { API_GROUP } from '../../protocol/names.ts';
import type { FunctionSpec } from '../../protocol/schema/function.ts';
import type { PodPoolSpec } from '../../protocol/schema/pod-pool.ts';
import { isReplaced } from './immutable.ts';

/** What a change does to what runs, the gravest first. */
export const EFFECTS = ['removed', 'replaced', 'restarts-pods', 'new-revision', 'moves-traffic', 'created', 'settings'] as const;
export type Effect = (typeof EFFECTS)[number];

/** As people read them. */
export const EFFECT_TEXTS: Readonly<Record<Effect, string>> = {
  removed: 'removed',
  replaced: 'immutable: deleted and made again',
  'restarts-pods': 'restarts pods',
  'new-revision': 'new revision',
  'moves-traffic': 'traffic moves',
  created: 'new',
  settings: 'settings only',
};

type FieldEffects<Spec> = Readonly<Record<keyof Spec, readonly Effect[]>>;

const REVISION = ['new-revision'] as const;
const INSTANCES = ['restarts-pods', 'new-revision'] as const;

/** Each field of a Function with code: those of its template need other instances, those of its content reach running ones as a new revision. */
const FUNCTION_FIELDS: FieldEffects<FunctionSpec> = {
  runtime: INSTANCES,
  container: INSTANCES,
  deployment: INSTANCES,
  package: REVISION,
  handler: REVISION,
  signature: REVISION,
  mode: REVISION,
  env: REVISION,
  secrets: REVISION,
  timeout: REVISION,
  concurrency: REVISION,
  bodyLimit: REVISION,
  access: ['moves-traffic'],
  activationTimeout: [],
  queueLimit: [],
  retry: [],
  scaling: [],
};

/** A container takes its variables along from its start. */
const CONTAINER_FIELDS: FieldEffects<FunctionSpec> = { ...FUNCTION_FIELDS, env: INSTANCES, secrets: INSTANCES };

const POOL_FIELDS: FieldEffects<PodPoolSpec> = { runtime: ['restarts-pods'], memory: ['restarts-pods'], placement: ['restarts-pods'], min: [], max: [] };

/** Kinds whose spec says where requests go. */
const ROUTES = new Set(['Ingress', 'HTTPRoute', 'GRPCRoute', 'TCPRoute', 'TLSRoute', 'Gateway', 'EndpointSlice', 'Endpoints']);
const WITH_PODS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet']);

/**
 * What one change does: the same for a cluster and for a tree in git. Pure.
 * @param before undefined = it was not there
 * @param after undefined = it is no more
 * @returns at least one, the gravest first
 */
export function effectsOf(before: KubernetesObject | undefined, after: KubernetesObject | undefined): readonly Effect[] {
  const object = after ?? before;
  if (!object) return [];
  const found = new Set<Effect>(!before ? ['created'] : !after ? ['removed'] : changeEffects(before, after));
  if ((!before || !after) && leadsRequests(object)) found.add('moves-traffic');
  if (found.size === 0) found.add('settings');
  return EFFECTS.filter((effect) => found.has(effect));
}

function changeEffects(before: KubernetesObject, after: KubernetesObject): readonly Effect[] {
  if (after.apiVersion.startsWith(`${API_GROUP}/`)) return ownEffects(before, after);
  if (isReplaced(before, after)) return ['replaced'];
  const changed = (field: string) => !isDeepStrictEqual(specOf(before)[field], specOf(after)[field]);
  if (WITH_PODS.has(after.kind)) return changed('template') ? ['restarts-pods'] : [];
  if (after.kind === 'Service') return isDeepStrictEqual(before['spec'], after['spec']) ? [] : ['moves-traffic'];
  return ROUTES.has(after.kind) && !isDeepStrictEqual(before['spec'], after['spec']) ? ['moves-traffic'] : [];
}

function ownEffects(before: KubernetesObject, after: KubernetesObject): readonly Effect[] {
  const fields = new Set([...Object.keys(specOf(before)), ...Object.keys(specOf(after))]);
  const changed = [...fields].filter((field) => !isDeepStrictEqual(specOf(before)[field], specOf(after)[field]));
  if (after.kind === 'Function') {
    const effects = specOf(after)['runtime'] === 'container' ? CONTAINER_FIELDS : FUNCTION_FIELDS;
    return changed.flatMap((field) => effects[field as keyof FunctionSpec] ?? INSTANCES);
  }
  if (after.kind === 'PodPool') return changed.flatMap((field) => POOL_FIELDS[field as keyof PodPoolSpec] ?? ['restarts-pods']);
  return after.kind === 'Trigger' && changed.some((field) => field !== 'timer') ? ['moves-traffic'] : [];
}

/** What opens or closes a way for requests by being there. */
function leadsRequests(object: KubernetesObject): boolean {
  return ROUTES.has(object.kind) || (object.kind === 'Trigger' && specOf(object)['http'] !== undefined);
}

function specOf(object: KubernetesObject): Readonly<Record<string, unknown>> {
  return (object['spec'] ?? {}) as Record<string, unknown>;
}
