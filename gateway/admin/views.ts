import type { FunctionEntry } from '../functions/function-entry.ts';
import type { FunctionTable } from '../functions/function-table.ts';
import type { Instance } from '../capacity/instance.ts';
import { decideRoutes } from '../../protocol/routes.ts';

/** The functions of these namespaces as the admin API lists them. */
export function viewFunctions(table: FunctionTable, namespaces: ReadonlySet<string>): object[] {
  const triggers = [...table.triggers()];
  const accepted = new Set(decideRoutes(triggers).accepted);
  const byFunction = Map.groupBy(triggers, ({ metadata, spec }) => `${metadata.namespace}/${spec.function}`);
  const view = (entry: FunctionEntry) => {
    const { resource } = entry;
    if (!resource) return [];
    const { metadata, spec, status } = resource;
    const own = byFunction.get(entry.key) ?? [];
    return {
      namespace: metadata.namespace,
      name: metadata.name,
      uid: metadata.uid,
      generation: metadata.generation,
      runtime: spec.runtime,
      handler: spec.handler,
      deployment: spec.deployment,
      concurrency: spec.concurrency,
      timeout: spec.timeout,
      scaling: spec.scaling,
      package: spec.package,
      container: spec.container,
      routes: own.flatMap((trigger) => (trigger.spec.http ? { trigger: trigger.metadata.name, ...trigger.spec.http, accepted: accepted.has(trigger) } : [])),
      timers: own.flatMap((trigger) => (trigger.spec.timer ? { trigger: trigger.metadata.name, ...trigger.spec.timer } : [])),
      instances: entry.instances.size,
      readyInstances: entry.serving.length,
      inFlight: entry.inFlight,
      waiting: entry.line.size,
      invocations: { succeeded: entry.tally.succeeded, clientErrors: entry.tally.clientErrors, failed: entry.tally.failed, timedOut: entry.tally.timedOut },
      status: status ?? {},
    };
  };
  return [...table.all()].filter(({ namespace }) => namespaces.has(namespace)).flatMap(view);
}

/** An instance as the admin API lists it; `inFlight` counts this gateway's requests alone. */
export function viewInstance(instance: Instance): object {
  const { id, functionKey, uid, content, generation, address, concurrency, zone, draining, inFlight, resting, coldStart } = instance;
  return {
    id,
    function: functionKey,
    uid,
    content,
    generation,
    address,
    concurrency,
    zone,
    state: draining ? 'draining' : 'ready',
    inFlight,
    resting,
    coldStart,
  };
}
