import { decideFunctionStatus, type FunctionPicture } from '../decide/status.ts';
import { type ManagedFunction, readyMembers } from '../observe/functions.ts';
import type { Allocator } from './allocator.ts';
import { conditionSince } from '../decide/conditions.ts';
import type { StatusWriter } from './status-writer.ts';
import type { PodPoolResource } from '../../protocol/schema/resources.ts';

export interface FunctionStatusDeps {
  readonly writer: StatusWriter;
  readonly allocator: Pick<Allocator, 'obstacle'>;
  /** Where the function is called, by its name. */
  url(fn: string): string | undefined;
}

/** Marks a function's status for writing where its picture changed since the last time. */
export function createFunctionStatus({ writer, allocator, url }: FunctionStatusDeps): (fn: ManagedFunction) => void {
  const last = new WeakMap<ManagedFunction, string>();
  return (fn) => {
    if (fn.deleted) return;
    const picture = () => ({ ...pictureOf(fn, allocator), url: url(fn.name) });
    const key = JSON.stringify(picture());
    if (last.get(fn) === key) return;
    last.set(fn, key);
    const { namespace, name } = fn.resource.metadata;
    writer.mark('Function', namespace, name, (previous) => (fn.deleted ? undefined : decideFunctionStatus(picture(), previous, new Date())));
  };
}

/** Marks a pool's status for writing. */
export function markPoolStatus(writer: StatusWriter, allocator: Allocator, { metadata }: PodPoolResource): void {
  const { namespace, name } = metadata;
  writer.mark('PodPool', namespace, name, (previous) => {
    const pool = allocator.pool(namespace, name);
    if (!pool) return undefined;
    const counts = allocator.counts(pool);
    const full = counts.idle >= pool.spec.min;
    const generation = pool.metadata.generation ?? 1;
    const verdict = full
      ? { status: 'True' as const, reason: 'Ready', message: '' }
      : fillingVerdict(`${counts.idle} of ${pool.spec.min} instances wait`, allocator.failing(pool));
    return {
      observedGeneration: generation,
      conditions: [conditionSince(previous?.conditions, { type: 'Ready', ...verdict, observedGeneration: generation }, new Date())],
      ...counts,
    };
  });
}

function fillingVerdict(count: string, failing: string | undefined): { status: 'False'; reason: string; message: string } {
  if (failing === undefined) return { status: 'False', reason: 'Filling', message: count };
  return { status: 'False', reason: 'NotStarting', message: `${count}; others do not start: ${failing}` };
}

function pictureOf(fn: ManagedFunction, allocator: Pick<Allocator, 'obstacle'>): FunctionPicture {
  const ready = readyMembers(fn).length;
  const obstacle = fn.latest && ready < fn.replicas ? (allocator.obstacle(fn.latest) ?? fn.blocked?.problem) : undefined;
  return {
    generation: fn.resource.metadata.generation ?? 1,
    replicas: [...fn.members.values()].filter(({ state }) => state !== 'draining').length,
    readyReplicas: ready,
    revision: fn.latest?.name,
    rejected: fn.latest !== undefined && fn.failedContent === fn.latest.content,
    unresolved: fn.unresolved,
    lastError: fn.lastError,
    ...(fn.latest && fn.package && fn.package.state !== 'verified' && { package: fn.package.state }),
    ...(obstacle && { obstacle: { code: obstacle.code, message: obstacle.message } }),
  };
}
