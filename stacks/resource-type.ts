import type { KubernetesObject } from '../constructs/synth/object.ts';

/** Token of an object's kind as the Kubernetes provider knows it: `kubernetes:core/v1:Namespace`, `kubernetes:fibonacci.dev/v1alpha1:Function`. */
export function resourceType({ apiVersion, kind }: Pick<KubernetesObject, 'apiVersion' | 'kind'>): string {
  return `kubernetes:${apiVersion.includes('/') ? apiVersion : `core/${apiVersion}`}:${kind}`;
}
