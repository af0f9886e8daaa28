import type { StreamInstance } from '../../protocol/stream.ts';
import type { ManagedFunction, Member, ResolvedRevision } from '../observe/functions.ts';
import type { LoadTimings } from './watcher-client.ts';

/** What gateways are told of an instance. */
export function describeMember(fn: ManagedFunction, { id, dataAddress, zone, state, revision }: Member): StreamInstance {
  return {
    id,
    function: fn.name,
    uid: fn.uid,
    content: revision.content,
    generation: revision.generation,
    address: dataAddress,
    concurrency: revision.spec.concurrency,
    ...(zone !== undefined && { zone }),
    state: state === 'draining' ? 'draining' : 'ready',
  };
}

/** How long its start took: what the watcher does not account for is the wait for an instance and the way to it. */
export function describeColdStart(
  { pool, spec }: ResolvedRevision,
  { codeMs, dependenciesMs, initMs }: LoadTimings,
  totalMs: number,
): NonNullable<StreamInstance['coldStart']> {
  return { pool, runtime: spec.runtime, allocateMs: Math.max(0, totalMs - codeMs - dependenciesMs - initMs), codeMs, dependenciesMs, initMs };
}
