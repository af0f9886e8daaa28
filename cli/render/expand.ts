import { resolveImages } from '../../constructs/platform/images.ts';
import type { KubernetesObject, SynthObject } from '../../constructs/synth/object.ts';
import { coldTemplate, poolTemplate } from '../../kit/fleet/template.ts';
import { renderWorkload } from '../../kit/fleet/kubernetes/workload.ts';
import { WORKLOADS_CONFIG } from '../../protocol/cluster-names.ts';
import { API_VERSION } from '../../protocol/names.ts';
import { RUNTIMES } from '../../protocol/schema/fields.ts';
import type { FunctionResource, PodPoolResource } from '../../protocol/schema/resources.ts';
import { parseWorkloads, type Workloads } from '../../protocol/workloads.ts';

/** Stands for what the scaler makes at its first start. */
const PUBLIC_KEY = '<the scaler’s own>';

/**
 * The Deployments that the scaler will create, one a pod pool and one a cold function, by the function that the scaler itself calls. Without `replicas`, which move,
 * and without what is known only there: the scaler's public key, and UIDs of owners.
 */
export function expandWorkloads(objects: readonly SynthObject[]): KubernetesObject[] {
  const own = objects.map(({ object }) => object).filter(({ apiVersion }) => apiVersion === API_VERSION);
  const templates = own.flatMap((object) => {
    if (object.kind === 'PodPool') return [poolTemplate(object as unknown as PodPoolResource)];
    const fn = object as unknown as FunctionResource;
    return object.kind === 'Function' && fn.spec.deployment.type === 'cold' ? [coldTemplate(fn)] : [];
  });
  const context = { workloads: workloadsOf(objects), publicKey: PUBLIC_KEY };
  return templates.map((template) => renderWorkload(template, context) as unknown as KubernetesObject);
}

/** As the app's Platform says; without one, as a platform with no props would. */
function workloadsOf(objects: readonly SynthObject[]): Workloads {
  const config = objects.find(({ tree, object }) => tree === 'platform' && object.kind === 'ConfigMap' && object.metadata.name === WORKLOADS_CONFIG.name);
  const data = config?.object['data'] as Readonly<Record<string, string>> | undefined;
  const known = resolveImages({}, '.');
  const images = Object.fromEntries(RUNTIMES.map((runtime) => [runtime, known[runtime]]));
  return parseWorkloads(data?.[WORKLOADS_CONFIG.key] ?? JSON.stringify({ images }));
}
