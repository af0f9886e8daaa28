import type { KubernetesObject } from '../../constructs/synth/object.ts';
import { isRecord } from '../../protocol/record.ts';
import type { ObjectChange } from '../diff/part.ts';
import { declaredPart } from './cluster-object.ts';
import type { Plan } from './plan.ts';

/** What the API server says of a change that it takes from nobody (Kubernetes 1.27 to 1.34, `pkg/apis/…/validation`). */
const IMMUTABLE = /immutable|cannot change roleRef|may not change once set|may not change fields other than|updates to statefulset spec/;

type Refusal = Plan['refusals'][number];

/** Whether the object would have to be deleted and made again. */
export function isReplacement({ live, reason }: Pick<Refusal, 'live' | 'reason'>): boolean {
  return live !== undefined && IMMUTABLE.test(reason);
}

/** Such a refusal as a change: the live object with what the stack sets put over it, since the API server fills in no defaults where it refuses. */
export function replacementOf({ wanted, live }: Refusal): ObjectChange {
  const before = live && declaredPart(live);
  return { id: wanted.id, path: wanted.path, before, after: before ? (overlay(before, wanted.object) as KubernetesObject) : wanted.object };
}

/** Mappings member by member, anything else as the second value says. */
function overlay(below: unknown, above: unknown): unknown {
  if (!isRecord(below) || !isRecord(above)) return above;
  return { ...below, ...Object.fromEntries(Object.entries(above).map(([key, value]) => [key, overlay(below[key], value)])) };
}
