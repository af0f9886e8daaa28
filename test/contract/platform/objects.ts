import { encodePackage, type Package } from '../../../protocol/package.ts';
import { API_VERSION } from '../../../protocol/names.ts';
import type { FunctionSpec } from '../../../protocol/schema/function.ts';
import type { PodPoolSpec } from '../../../protocol/schema/pod-pool.ts';
import type { FunctionResource, PodPoolResource, TriggerResource } from '../../../protocol/schema/resources.ts';
import { sampleFunction } from '../../../protocol/schema/sample.ts';
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
  const handler = spec.runtime === 'python' ? 'main.handler' : 'index.handler';
  const sample = sampleFunction(name, { handler, ...spec, package: { digest, size: bytes.length } }, NAMESPACE);
  return {
    ...sample,
    metadata: { ...sample.metadata, ...(labels && { labels }) },
    spec: { ...sample.spec, scaling: { ...sample.spec.scaling, ...scaling } },
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
