import type { KubernetesObject, SynthObject } from '../constructs/synth/object.ts';
import { API_GROUP, LABELS } from '../protocol/names.ts';

/** The condition that says of one of our kinds that it does what it was made for. */
const AWAITED: Readonly<Record<string, string>> = { Function: 'Ready', Trigger: 'Accepted' };
/** By which the Kubernetes provider is told what to wait for; it waits for built-in kinds unasked. */
const WAIT_FOR = 'pulumi.com/waitFor';

/** The object with the annotation that the provider reads, where it would not wait by itself. Manifests in git do not have it. */
export function withAwait(synth: SynthObject): SynthObject {
  const { object } = synth;
  const condition = object.apiVersion.startsWith(`${API_GROUP}/`) ? AWAITED[object.kind] : undefined;
  if (condition === undefined || object.metadata.annotations?.[WAIT_FOR] !== undefined) return synth;
  const annotations = { ...object.metadata.annotations, [WAIT_FOR]: `condition=${condition}` };
  return { ...synth, object: { ...object, metadata: { ...object.metadata, annotations } } };
}

/** Ids of the objects whose `spec.replicas` something in the cluster sets: our scaler, or an autoscaler among the objects. */
export function drivenElsewhere(objects: readonly SynthObject[]): ReadonlySet<string> {
  const autoscaled = objects.filter(({ object }) => object.kind === 'HorizontalPodAutoscaler').map(({ object }) => targetOf(object));
  const scaled = objects.filter(({ object: { kind, metadata } }) => kind === 'Deployment' && metadata.labels?.[LABELS.workload] !== undefined);
  return new Set([...autoscaled, ...scaled.map(({ id }) => id)]);
}

function targetOf({ metadata, spec }: KubernetesObject): string {
  const { kind, name } = (spec as { scaleTargetRef: { kind: string; name: string } }).scaleTargetRef;
  return `${kind}/${metadata.namespace}/${name}`;
}
