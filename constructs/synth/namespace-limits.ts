import { limitsName, WORKLOADS_CONFIG } from '../../protocol/cluster-names.ts';
import { API_GROUP, LABELS } from '../../protocol/names.ts';
import type { FunctionSpec } from '../../protocol/schema/function.ts';
import type { PodPoolSpec } from '../../protocol/schema/pod-pool.ts';
import { parseSize } from '../../protocol/size.ts';
import { parseWorkloads } from '../../protocol/workloads.ts';
import type { FunctionStack } from '../function-stack.ts';
import { millicores } from '../stack-limits.ts';
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
  const limited = new Map(stacks.flatMap((stack) => (stack.namespaceLimits.container ? [[stack.namespace, stack]] : [])));
  const large = limited.size > 0 ? tooLarge(objects, limited) : [];
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

function tooLarge(objects: readonly SynthObject[], limited: ReadonlyMap<string, FunctionStack>): Problem[] {
  const cpu = cpuLimitOf(objects);
  return objects.flatMap(({ path, object }) => {
    const memory = memoryOf(object);
    const stack = limited.get(object.metadata.namespace ?? '');
    if (memory === undefined || !stack) return [];
    const { maxMemory, maxCpu } = stack.namespaceLimits;
    const ofStack = `of the stack ${stack.node.path} is`;
    const messages = [
      ...(maxMemory !== undefined && parseSize(memory) > parseSize(maxMemory)
        ? [`its instances have ${memory} of memory, and limits.maxMemory ${ofStack} ${maxMemory}; lower one or raise the other`]
        : []),
      ...(maxCpu !== undefined && cpu !== undefined && millicores(cpu) > millicores(maxCpu)
        ? [
            `its instances have a CPU limit of ${cpu}, and limits.maxCpu ${ofStack} ${maxCpu}; raise it, or lower functions.cpuLimit of the Platform, which holds for all functions`,
          ]
        : []),
    ];
    return messages.map((message): Problem => ({ path, code: 'STACK_INVALID', message }));
  });
}

/** Of one instance, as the app's Platform says. What a platform of another file says is not known. */
function cpuLimitOf(objects: readonly SynthObject[]): string | undefined {
  const config = objects.find(({ tree, object }) => tree === 'platform' && object.kind === 'ConfigMap' && object.metadata.name === WORKLOADS_CONFIG.name);
  const text = (config?.object['data'] as Readonly<Record<string, string>> | undefined)?.[WORKLOADS_CONFIG.key];
  return text === undefined ? undefined : parseWorkloads(text).cpuLimit;
}

function memoryOf({ apiVersion, kind, ...object }: KubernetesObject): string | undefined {
  if (!apiVersion.startsWith(`${API_GROUP}/`)) return undefined;
  if (kind === 'PodPool') return (object['spec'] as PodPoolSpec).memory;
  return kind === 'Function' ? (object['spec'] as FunctionSpec).deployment.memory : undefined;
}
