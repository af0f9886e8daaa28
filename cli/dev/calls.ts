import { TIMER_EVENT_TYPE } from '../../protocol/names.ts';
import type { AnyResource, FunctionResource, TriggerResource } from '../../protocol/schema/resources.ts';

/** How a function of a stack can be called from outside. */
export interface FunctionCall {
  readonly namespace: string;
  readonly name: string;
  readonly runtime: string;
  /** `hot (pool)` or `cold`. */
  readonly deployment: string;
  /** Its first HTTP trigger. */
  readonly http?: { readonly method: string; readonly path: string; readonly host?: string };
  /** Its first timer trigger. */
  readonly timer?: { readonly trigger: string; readonly schedule: string; readonly timeZone: string; readonly data?: string };
}

/** One call for each function, in the stack's order. */
export function callsOf(resources: readonly AnyResource[]): FunctionCall[] {
  const triggers = resources.filter((resource): resource is TriggerResource => resource.kind === 'Trigger');
  return resources
    .filter((resource): resource is FunctionResource => resource.kind === 'Function')
    .map((fn) =>
      callOf(
        fn,
        triggers.filter(({ metadata, spec }) => metadata.namespace === fn.metadata.namespace && spec.function === fn.metadata.name),
      ),
    );
}

function callOf({ metadata, spec }: FunctionResource, triggers: readonly TriggerResource[]): FunctionCall {
  const http = triggers.find((trigger) => trigger.spec.http)?.spec.http;
  const timed = triggers.find((trigger) => trigger.spec.timer);
  const { type, pool } = spec.deployment;
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    runtime: spec.runtime,
    deployment: type === 'hot' ? `hot (${pool})` : 'cold',
    ...(http && { http: { method: methodOf(http.methods), path: http.path, ...(http.host !== undefined && { host: http.host }) } }),
    ...(timed?.spec.timer && { timer: { trigger: timed.metadata.name, ...pickTimer(timed.spec.timer) } }),
  };
}

/** The command that calls it from a shell. */
export function curlOf(call: FunctionCall, gatewayUrl: string, fib: string): string {
  const { http } = call;
  if (!http) return `${fib} invoke ${call.namespace}/${call.name}`;
  const method = http.method === 'GET' ? '' : `-X ${http.method} `;
  const host = http.host === undefined ? '' : `-H 'host: ${http.host}' `;
  return `curl ${method}${host}${gatewayUrl}${http.path}`;
}

/** Headers of a timer's tick: a CloudEvent in binary mode. */
export function tickHeaders(
  fn: { readonly namespace: string },
  timer: { readonly trigger: string; readonly data?: string },
  time: Date,
): Record<string, string> {
  return {
    'ce-specversion': '1.0',
    'ce-type': TIMER_EVENT_TYPE,
    'ce-source': `/triggers/${fn.namespace}/${timer.trigger}`,
    'ce-id': `${timer.trigger}/${time.toISOString()}`,
    'ce-time': time.toISOString(),
    ...(timer.data !== undefined && { 'content-type': 'application/json' }),
  };
}

function methodOf(methods: readonly string[]): string {
  return methods.length === 0 || methods.includes('GET') ? 'GET' : (methods[0] ?? 'GET');
}

function pickTimer({ schedule, timeZone, data }: { schedule: string; timeZone: string; data?: string }) {
  return { schedule, timeZone, ...(data !== undefined && { data }) };
}
