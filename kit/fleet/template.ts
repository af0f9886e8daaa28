import { canonicalJson, digestOf } from '../../protocol/digest.ts';
import { functionName } from '../../protocol/names.ts';
import type { Placement } from '../../protocol/schema/placement.ts';
import type { FunctionResource, PodPoolResource } from '../../protocol/schema/resources.ts';
import { parseSize } from '../../protocol/size.ts';
import type { ContainerTemplate, InstanceTemplate, TemplateOwner } from './fleet.ts';

type TemplateParts = Pick<InstanceTemplate, 'runtime' | 'memoryBytes' | 'placement' | 'container'>;

/** The template that a pool's instances are made from; its key changes with what instances cannot take over. */
export function poolTemplate({ metadata, spec }: PodPoolResource): InstanceTemplate {
  return keyed('PodPool', metadata, { runtime: spec.runtime, memoryBytes: parseSize(spec.memory), ...placed(spec.placement) });
}

/** The template of a cold function's own instances. */
export function coldTemplate({ metadata, spec }: FunctionResource): InstanceTemplate {
  const { memory, placement } = spec.deployment;
  return keyed('Function', metadata, { runtime: spec.runtime, memoryBytes: parseSize(memory ?? '256Mi'), ...placed(placement), ...contained(spec) });
}

function keyed(kind: TemplateOwner['kind'], { namespace, name, uid }: FunctionResource['metadata'], parts: TemplateParts): InstanceTemplate {
  const { runtime, memoryBytes, placement, container } = parts;
  const variable = [placement, container].filter((part) => part !== undefined).map(canonicalJson);
  const digest = digestOf([runtime, memoryBytes, ...variable].join(' ')).slice(7, 15);
  const key = `${kind === 'PodPool' ? 'pool' : 'cold'}:${functionName(namespace, name)}#${digest}`;
  return { key, namespace, ...parts, owner: { kind, name, ...(uid !== undefined && { uid }) } };
}

/** With its keys in one order, since templates are compared as text; one that says nothing is none. */
function placed(placement: Placement | undefined): { readonly placement?: Placement } {
  if (!placement || Object.keys(placement).length === 0) return {};
  return { placement: JSON.parse(canonicalJson(placement)) as Placement };
}

/** In one order, too. A secret stands in for a variable of its name. */
function contained({ container, env, secrets }: FunctionResource['spec']): { readonly container?: ContainerTemplate } {
  if (!container) return {};
  const hidden = new Set(secrets.map((secret) => secret.env));
  const plain = Object.fromEntries(Object.entries(env).filter(([name]) => !hidden.has(name)));
  return { container: JSON.parse(canonicalJson({ ...container, env: plain, secrets })) as ContainerTemplate };
}
