import { digestOf } from '../../../protocol/digest.ts';
import { API_VERSION } from '../../../protocol/names.ts';
import type { FunctionSpec } from '../../../protocol/schema/function.ts';
import type { FunctionResource, TriggerResource } from '../../../protocol/schema/resources.ts';
import type { HttpTriggerSpec } from '../../../protocol/schema/trigger.ts';

export const NAMESPACE = 'demo';
export const CONTENT = digestOf('content');

export function fn(name: string, spec: Partial<FunctionSpec> = {}): FunctionResource {
  return {
    apiVersion: API_VERSION,
    kind: 'Function',
    metadata: { namespace: NAMESPACE, name, uid: `uid-${name}`, generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      runtime: 'nodejs',
      handler: 'index.handler',
      signature: 'event',
      mode: 'thread',
      package: { digest: digestOf(name), size: 1 },
      env: {},
      secrets: [],
      timeout: '5s',
      activationTimeout: '5s',
      concurrency: 16,
      queueLimit: 1000,
      bodyLimit: '1Mi',
      retry: 'idempotent',
      deployment: { type: 'hot', pool: 'pool' },
      scaling: { minReplicas: 0, maxReplicas: 10, idleTimeout: '60s', stabilizationWindow: '60s' },
      ...spec,
    },
  };
}

export function trigger(name: string, http: Partial<HttpTriggerSpec> & { path: string }, rest: { function?: string; created?: string } = {}): TriggerResource {
  return {
    apiVersion: API_VERSION,
    kind: 'Trigger',
    metadata: { namespace: NAMESPACE, name, uid: `uid-${name}`, generation: 1, creationTimestamp: rest.created ?? '2026-01-01T00:00:00Z' },
    spec: { function: rest.function ?? name, http: { match: 'prefix', methods: [], ...http } },
  };
}
