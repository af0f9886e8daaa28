import { encodePackage, type Package } from '../../../protocol/package.ts';
import { API_VERSION } from '../../../protocol/names.ts';
import type { FunctionSpec } from '../../../protocol/schema/function.ts';
import type { PodPoolSpec } from '../../../protocol/schema/pod-pool.ts';
import type { FunctionResource, PodPoolResource, TriggerResource } from '../../../protocol/schema/resources.ts';
import type { TriggerSpec } from '../../../protocol/schema/trigger.ts';

export const NAMESPACE = 'default';

/** A package from texts by path. */
export function packageOf(files: Readonly<Record<string, string>>): Package {
  return encodePackage(Object.entries(files).map(([path, text]) => ({ path, bytes: Buffer.from(text) })));
}

type Overrides = Partial<Omit<FunctionSpec, 'scaling' | 'package'>> & {
  readonly scaling?: Partial<FunctionSpec['scaling']>;
  readonly labels?: Readonly<Record<string, string>>;
};

/** A Function with defaults: Node.js, cold, `index.handler`, concurrency 16, at most 10 instances. */
export function functionObject(name: string, { digest, bytes }: Package, { scaling, labels, ...spec }: Overrides = {}): FunctionResource {
  const runtime = spec.runtime ?? 'nodejs';
  return {
    apiVersion: API_VERSION,
    kind: 'Function',
    metadata: { namespace: NAMESPACE, name, ...(labels && { labels }) },
    spec: {
      runtime,
      handler: runtime === 'nodejs' ? 'index.handler' : 'main.handler',
      signature: 'event',
      mode: 'thread',
      env: {},
      secrets: [],
      timeout: '30s',
      activationTimeout: '30s',
      concurrency: 16,
      queueLimit: 1000,
      bodyLimit: '10Mi',
      retry: 'idempotent',
      deployment: { type: 'cold', memory: '256Mi' },
      ...spec,
      package: { digest, size: bytes.length },
      scaling: { minReplicas: 0, maxReplicas: 10, idleTimeout: '60s', stabilizationWindow: '60s', ...scaling },
    },
  };
}

export function podPool(name: string, spec: Partial<PodPoolSpec> = {}): PodPoolResource {
  return {
    apiVersion: API_VERSION,
    kind: 'PodPool',
    metadata: { namespace: NAMESPACE, name },
    spec: { runtime: 'nodejs', min: 1, max: 10, memory: '256Mi', ...spec },
  };
}

/** An HTTP trigger on `/<function>` and below. */
export function httpTrigger(fn: string, http: Partial<NonNullable<TriggerSpec['http']>> = {}): TriggerResource {
  return {
    apiVersion: API_VERSION,
    kind: 'Trigger',
    metadata: { namespace: NAMESPACE, name: `${fn}-http` },
    spec: { function: fn, http: { path: `/${fn}`, match: 'prefix', methods: [], ...http } },
  };
}

export function timerTrigger(fn: string, timer: Partial<NonNullable<TriggerSpec['timer']>> = {}): TriggerResource {
  return {
    apiVersion: API_VERSION,
    kind: 'Trigger',
    metadata: { namespace: NAMESPACE, name: `${fn}-timer` },
    spec: { function: fn, timer: { schedule: '* * * * * *', timeZone: 'UTC', missed: 'skip', ...timer } },
  };
}
