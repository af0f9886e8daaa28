import { API_GROUP } from '../../protocol/names.ts';
import type { FunctionSpec } from '../../protocol/schema/function.ts';
import type { PodPoolSpec } from '../../protocol/schema/pod-pool.ts';
import type { ScalingRuleSpec } from '../../protocol/schema/scaling-rule.ts';
import type { HttpTriggerSpec, TriggerSpec } from '../../protocol/schema/trigger.ts';
import type { SynthObject } from './object.ts';
import type { Problem } from './problem.ts';

interface Own<Spec> {
  readonly path: string;
  readonly namespace: string;
  readonly spec: Spec;
}

/** Objects of one id. */
export function duplicateProblems(objects: readonly SynthObject[]): Problem[] {
  const byId = new Map<string, SynthObject>();
  return objects.flatMap((object) => {
    const other = byId.get(object.id);
    byId.set(object.id, other ?? object);
    return other ? [invalid(object.path, `${object.id} is there twice: also at ${other.path}; give one of them another id or namespace`)] : [];
  });
}

/**
 * What contradicts between objects: names that lead nowhere, a route that is claimed twice.
 * @param failed ids of objects that exist and have problems of their own, so that a name that leads to them is right
 */
export function referenceProblems(objects: readonly SynthObject[], failed: ReadonlySet<string>): Problem[] {
  const byId = new Map(objects.map((object) => [object.id, object]));
  const exists = (id: string): boolean => byId.has(id) || failed.has(id);
  return [
    ...own<FunctionSpec>(objects, 'Function').flatMap((fn) => poolProblems(byId, exists, fn)),
    ...own<TriggerSpec>(objects, 'Trigger').flatMap((trigger) => missing(exists, trigger, [trigger.spec.function])),
    ...own<ScalingRuleSpec>(objects, 'ScalingRule').flatMap((rule) => missing(exists, rule, rule.spec.functions)),
    ...routeProblems(own<TriggerSpec>(objects, 'Trigger')),
  ];
}

function poolProblems(byId: ReadonlyMap<string, SynthObject>, exists: (id: string) => boolean, { path, namespace, spec }: Own<FunctionSpec>): Problem[] {
  const { pool } = spec.deployment;
  if (pool === undefined) return [];
  const id = `PodPool/${namespace}/${pool}`;
  const object = byId.get(id);
  if (!object)
    return exists(id)
      ? []
      : [invalid(path, `deployment.pool names the PodPool ${namespace}/${pool}, which is not in this stack file; make it, or use another pool`)];
  const { runtime } = object.object['spec'] as PodPoolSpec;
  return runtime === spec.runtime
    ? []
    : [invalid(path, `the pool ${object.path} holds ${runtime} instances, and this function needs ${spec.runtime}; use a pool of its runtime`)];
}

function missing(exists: (id: string) => boolean, { path, namespace }: Own<unknown>, names: readonly string[]): Problem[] {
  return names
    .filter((name) => !exists(`Function/${namespace}/${name}`))
    .map((name) => invalid(path, `the Function ${namespace}/${name} is not in this stack file; make it, or name another`));
}

function routeProblems(triggers: readonly Own<TriggerSpec>[]): Problem[] {
  const claims = new Map<string, { path: string; http: HttpTriggerSpec }[]>();
  const problems: Problem[] = [];
  for (const { path, spec } of triggers) {
    if (!spec.http) continue;
    const key = [spec.http.host ?? '', spec.http.match, spec.http.path].join(' ');
    const known = claims.get(key) ?? [];
    const other = known.find(({ http }) => overlap(http.methods, spec.http?.methods ?? []));
    if (other)
      problems.push(
        invalid(
          path,
          `the route ${spec.http.host ?? ''}${spec.http.path} (${spec.http.match}) is claimed by ${other.path} already; change the path, the host or the methods of one`,
        ),
      );
    claims.set(key, [...known, { path, http: spec.http }]);
  }
  return problems;
}

/** No method means all. */
function overlap(a: readonly string[], b: readonly string[]): boolean {
  return a.length === 0 || b.length === 0 || a.some((method) => b.includes(method));
}

function own<Spec>(objects: readonly SynthObject[], kind: string): Own<Spec>[] {
  return objects
    .filter(({ object }) => object.kind === kind && object.apiVersion.startsWith(`${API_GROUP}/`))
    .map(({ path, object }) => ({ path, namespace: object.metadata.namespace ?? '', spec: object['spec'] as Spec }));
}

function invalid(path: string, message: string): Problem {
  return { path, code: 'STACK_INVALID', message };
}
