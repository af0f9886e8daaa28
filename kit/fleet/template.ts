import { digestOf } from '../../protocol/digest.ts';
import { functionName } from '../../protocol/names.ts';
import type { FunctionResource, PodPoolResource } from '../../protocol/schema/resources.ts';
import { parseSize } from '../../protocol/size.ts';
import type { InstanceTemplate, TemplateOwner } from './fleet.ts';

/** The template that a pool's instances are made from; its key changes with what instances cannot take over. */
export function poolTemplate({ metadata, spec }: PodPoolResource): InstanceTemplate {
  return keyed('PodPool', metadata, spec.runtime, parseSize(spec.memory));
}

/** The template of a cold function's own instances. */
export function coldTemplate({ metadata, spec }: FunctionResource): InstanceTemplate {
  return keyed('Function', metadata, spec.runtime, parseSize(spec.deployment.memory ?? '256Mi'));
}

function keyed(
  kind: TemplateOwner['kind'],
  { namespace, name, uid }: FunctionResource['metadata'],
  runtime: InstanceTemplate['runtime'],
  memoryBytes: number,
): InstanceTemplate {
  const digest = digestOf(`${runtime} ${memoryBytes}`).slice(7, 15);
  const key = `${kind === 'PodPool' ? 'pool' : 'cold'}:${functionName(namespace, name)}#${digest}`;
  return { key, namespace, runtime, memoryBytes, owner: { kind, name, ...(uid !== undefined && { uid }) } };
}
