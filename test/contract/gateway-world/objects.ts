import { digestOf } from '../../../protocol/digest.ts';
import { API_VERSION } from '../../../protocol/names.ts';
import type { FunctionSpec } from '../../../protocol/schema/function.ts';
import type { FunctionResource, TriggerResource } from '../../../protocol/schema/resources.ts';
import { sampleFunction } from '../../../protocol/schema/sample.ts';
import type { HttpTriggerSpec } from '../../../protocol/schema/trigger.ts';

export const NAMESPACE = 'demo';
export const CONTENT = digestOf('content');

export function fn(name: string, spec: Partial<FunctionSpec> = {}): FunctionResource {
  const limits = { timeout: '5s', activationTimeout: '5s', bodyLimit: '1Mi' };
  const sample = sampleFunction(
    name,
    { ...limits, package: { digest: digestOf(name), size: 1 }, deployment: { type: 'hot', pool: 'pool' }, ...spec },
    NAMESPACE,
  );
  return { ...sample, metadata: { ...sample.metadata, uid: `uid-${name}`, generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' } };
}

export function trigger(name: string, http: Partial<HttpTriggerSpec> & { path: string }, rest: { function?: string; created?: string } = {}): TriggerResource {
  return {
    apiVersion: API_VERSION,
    kind: 'Trigger',
    metadata: { namespace: NAMESPACE, name, uid: `uid-${name}`, generation: 1, creationTimestamp: rest.created ?? '2026-01-01T00:00:00Z' },
    spec: { function: rest.function ?? name, http: { match: 'prefix', methods: [], ...http } },
  };
}
