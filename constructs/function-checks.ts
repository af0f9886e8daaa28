import type { FunctionDeployment } from './deployment.ts';
import type { Function } from './function.ts';

/** What is wrong between a function and the pool that it names, as messages. */
export function deploymentProblems(fn: Function, deployment: FunctionDeployment | undefined): string[] {
  const pool = deployment?.pool;
  if (!pool) return [];
  const at = `hot(${pool.node.path})`;
  if (pool.node.root !== fn.node.root) return [`${at} is a pool of another app; make the pool in this stack file`];
  return [
    ...(pool.runtime === fn.runtime ? [] : [`${at} holds ${pool.runtime} instances, and this function needs ${fn.runtime}; use a pool of its runtime`]),
    ...(pool.namespace === fn.namespace ? [] : [`${at} is in namespace ${pool.namespace}, and this function in ${fn.namespace}; use a pool of its namespace`]),
  ];
}

/** What is wrong between a trigger or rule and a function that it names, as messages. */
export function targetProblems(namespace: string, root: unknown, fn: Function): string[] {
  if (fn.node.root !== root) return [`${fn.node.path} is a function of another app; make it in this stack file`];
  if (fn.namespace !== namespace) return [`${fn.node.path} is in namespace ${fn.namespace}, and this in ${namespace}; put both into one namespace`];
  return [];
}
