import { LABELS } from '../../protocol/names.ts';
import type { FunctionStack } from '../function-stack.ts';
import type { SynthObject } from './object.ts';

/** The objects with the labels and annotations of their stacks, where those state any; an object's own win. */
export function withStackMetadata(objects: readonly SynthObject[], stacks: readonly FunctionStack[]): SynthObject[] {
  const stating = new Map(
    stacks.filter(({ annotations, labels }) => Object.keys({ ...annotations, ...labels }).length > 1).map((stack) => [stack.node.id, stack]),
  );
  return objects.map((synth) => {
    const stack = stating.get(synth.object.metadata.labels?.[LABELS.stack] ?? '');
    if (!stack) return synth;
    const { labels, annotations } = synth.object.metadata;
    const whole = { ...stack.annotations, ...annotations };
    const metadata = { ...synth.object.metadata, labels: { ...stack.labels, ...labels }, ...(Object.keys(whole).length > 0 && { annotations: whole }) };
    return { ...synth, object: { ...synth.object, metadata } };
  });
}
