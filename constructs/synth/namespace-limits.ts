import { limitsName } from '../../protocol/cluster-names.ts';
import { API_GROUP, LABELS } from '../../protocol/names.ts';
import type { FunctionSpec } from '../../protocol/schema/function.ts';
import type { PodPoolSpec } from '../../protocol/schema/pod-pool.ts';
import { parseSize } from '../../protocol/size.ts';
import type { FunctionStack } from '../function-stack.ts';
import { idOf, phaseOf } from './group-kind.ts';
import type { KubernetesObject, SynthObject } from './object.ts';
import type { Problem } from './problem.ts';

/** The ResourceQuota and the LimitRange of each namespace whose stack states them. */
export function limitObjects(stacks: readonly FunctionStack[]): SynthObject[] {
  return stacks.flatMap((stack) => {
    const { hard, container } = stack.namespaceLimits;
    const metadata = { name: limitsName(stack.node.id), namespace: stack.namespace, labels: { [LABELS.stack]: stack.node.id } };
    const objects: KubernetesObject[] = [
      ...(hard ? [{ apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard } }] : []),
      ...(container ? [{ apiVersion: 'v1', kind: 'LimitRange', metadata, spec: { limits: [container] } }] : []),
    ];
    return objects.map((object) => ({ id: idOf(object), path: stack.node.path, object, phase: phaseOf(object), tree: 'functions' as const, deps: [] }));
  });
}

/** Two stacks that state the limits of one namespace, and instances that are larger than a container may be. */
export function limitProblems(stacks: readonly FunctionStack[], objects: readonly SynthObject[]): Problem[] {
  const limited = new Map(stacks.flatMap((stack) => (stack.namespaceLimits.maxMemory === undefined ? [] : [[stack.namespace, stack]])));
  const large = limited.size > 0 ? objects.flatMap((object) => tooLarge(object, limited)) : [];
  return [...stateTwice(stacks, 'hard', 'quota'), ...stateTwice(stacks, 'container', 'limits'), ...large];
}

function stateTwice(stacks: readonly FunctionStack[], field: 'hard' | 'container', prop: string): Problem[] {
  const stating = stacks.filter(({ namespaceLimits }) => namespaceLimits[field]);
  return stating.flatMap((stack, index) => {
    const other = stating.slice(0, index).find(({ namespace }) => namespace === stack.namespace);
    if (!other) return [];
    const message = `${prop} holds for all of namespace ${stack.namespace}, and the stack ${other.node.path} states it already; state it once, or give one of the stacks a namespace of its own`;
    return [{ path: stack.node.path, code: 'STACK_INVALID' as const, message }];
  });
}

function tooLarge({ path, object }: SynthObject, limited: ReadonlyMap<string, FunctionStack>): Problem[] {
  const memory = memoryOf(object);
  if (memory === undefined) return [];
  const stack = limited.get(object.metadata.namespace ?? '');
  const most = stack?.namespaceLimits.maxMemory;
  if (!stack || most === undefined || parseSize(memory) <= parseSize(most)) return [];
  const message = `its instances have ${memory} of memory, and limits.maxMemory of the stack ${stack.node.path} is ${most}; lower one or raise the other`;
  return [{ path, code: 'STACK_INVALID', message }];
}

function memoryOf({ apiVersion, kind, ...object }: KubernetesObject): string | undefined {
  if (!apiVersion.startsWith(`${API_GROUP}/`)) return undefined;
  if (kind === 'PodPool') return (object['spec'] as PodPoolSpec).memory;
  return kind === 'Function' ? (object['spec'] as FunctionSpec).deployment.memory : undefined;
}
