import type { TriggerResource } from './schema/resources.ts';
import type { HttpTriggerSpec } from './schema/trigger.ts';

/** An HTTP trigger that lost its route to an older claim. */
export interface RouteConflict {
  readonly trigger: TriggerResource;
  readonly winner: TriggerResource;
}

export interface RouteDecision {
  readonly accepted: readonly TriggerResource[];
  readonly rejected: readonly RouteConflict[];
}

/** Triggers with equal keys claim the same route, as far as their methods meet. */
export function routeKey({ host = '', match, path }: HttpTriggerSpec): string {
  return [host, match, path].join(' ');
}

/** Who owns each route: the oldest claim (creationTimestamp, then namespace and name); a younger one that shares a method with it is rejected as a whole. Triggers without `http` are left out. */
export function decideRoutes(triggers: readonly TriggerResource[]): RouteDecision {
  const accepted: TriggerResource[] = [];
  const rejected: RouteConflict[] = [];
  const owners = new Map<string, TriggerResource[]>();
  for (const trigger of triggers.filter(({ spec }) => spec.http).sort(byAge)) {
    const key = routeKey(trigger.spec.http as HttpTriggerSpec);
    const earlier = owners.get(key) ?? [];
    const winner = earlier.find((owner) => methodsMeet(owner, trigger));
    if (winner) {
      rejected.push({ trigger, winner });
    } else {
      accepted.push(trigger);
      owners.set(key, [...earlier, trigger]);
    }
  }
  return { accepted, rejected };
}

/** The sentence for `Accepted=False`. */
export function describeConflict({ trigger, winner }: RouteConflict): string {
  const { host = '', path, match } = trigger.spec.http as HttpTriggerSpec;
  return `the route ${host}${path} (${match}) belongs to the older trigger ${winner.metadata.namespace}/${winner.metadata.name}: take another path or method, or remove that one`;
}

function methodsMeet(a: TriggerResource, b: TriggerResource): boolean {
  const mine = a.spec.http?.methods ?? [];
  const others = b.spec.http?.methods ?? [];
  return mine.length === 0 || others.length === 0 || mine.some((method) => others.includes(method));
}

function byAge(a: TriggerResource, b: TriggerResource): number {
  return createdAt(a) - createdAt(b) || compare(nameOf(a), nameOf(b));
}

function createdAt({ metadata }: TriggerResource): number {
  return metadata.creationTimestamp === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(metadata.creationTimestamp);
}

function nameOf({ metadata }: TriggerResource): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
