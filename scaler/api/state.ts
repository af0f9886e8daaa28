import { functionName } from '../../protocol/names.ts';
import type { Instance } from '../../kit/fleet/fleet.ts';
import type { Allocator } from '../apply/allocator.ts';
import type { FunctionRegistry, ManagedFunction } from '../observe/functions.ts';

export interface StateDeps {
  readonly epoch: number;
  readonly functions: FunctionRegistry;
  readonly allocator: Allocator;
  liveGateways(): readonly string[];
  instances(): readonly Instance[];
}

/** The scaler's picture, for the CLI: `{ epoch, gateways, functions, instances, pools }`. */
export function renderState({ epoch, functions, allocator, liveGateways, instances }: StateDeps): object {
  const owners = new Map<string, { fn: ManagedFunction; state: string; revision: string }>();
  for (const fn of functions.all()) for (const { id, state, revision } of fn.members.values()) owners.set(id, { fn, state, revision: revision.name });
  return {
    epoch,
    gateways: liveGateways(),
    functions: [...functions.all()].filter(({ deleted }) => !deleted).map(renderFunction),
    instances: instances().map(({ id, template, state, startedAt, dataAddress, controlUrl }) => {
      const owner = owners.get(id);
      return {
        id,
        runtime: template.runtime,
        template: template.key,
        state: owner?.state ?? state,
        function: owner?.fn.name ?? null,
        revision: owner?.revision ?? null,
        dataAddress: dataAddress ?? null,
        controlUrl: controlUrl ?? null,
        startedAt: new Date(startedAt).toISOString(),
      };
    }),
    pools: [...allocator.pools()].map((pool) => ({
      name: functionName(pool.metadata.namespace, pool.metadata.name),
      runtime: pool.spec.runtime,
      min: pool.spec.min,
      max: pool.spec.max,
      ...allocator.counts(pool),
    })),
  };
}

/** Targets for Prometheus' HTTP service discovery: the control port of every watcher that serves, labelled with its function. */
export function renderTargets(functions: FunctionRegistry): object[] {
  return [...functions.all()].flatMap((fn) =>
    [...fn.members.values()]
      .filter(({ state, controlUrl }) => state !== 'loading' && controlUrl !== '')
      .map(({ id, controlUrl }) => ({ targets: [new URL(controlUrl).host], labels: { function_name: fn.name, fibonacci_instance: id } })),
  );
}

function renderFunction(fn: ManagedFunction): object {
  const members = [...fn.members.values()];
  return {
    name: fn.name,
    runtime: fn.resource.spec.runtime,
    deployment: fn.resource.spec.deployment.type,
    replicas: fn.replicas,
    readyReplicas: members.filter(({ state }) => state === 'ready').length,
    revision: fn.latest?.name ?? null,
    serving: fn.good?.name ?? null,
    problem:
      fn.unresolved ?? fn.blocked?.problem ?? (fn.failedContent !== undefined && fn.failedContent === fn.latest?.content ? (fn.lastError ?? null) : null),
  };
}
