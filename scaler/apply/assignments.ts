import type { Fleet } from '../../kit/fleet/fleet.ts';
import type { Log } from '../../kit/log.ts';
import type { ManagedFunction, Member } from '../observe/functions.ts';
import type { Revisions } from './revisions.ts';

/** Records at the fleet what instances serve, after the fact: nothing waits for it. */
export interface Assignments {
  record(fn: ManagedFunction, member: Member): void;
}

export function createAssignments(deps: { fleet: Pick<Fleet, 'assign'>; revisions: Pick<Revisions, 'uidOf'>; log: Log }): Assignments {
  const { fleet, revisions, log } = deps;
  const assign = async (fn: ManagedFunction, member: Member) => {
    const { revision, id } = member;
    const uid = await revisions.uidOf(fn, revision.name);
    // Gone, or another revision by now, for which this is called again.
    if (uid === undefined || member.revision !== revision || fn.members.get(id) !== member) return;
    const { namespace, name } = fn.resource.metadata;
    await fleet.assign(id, { function: { namespace, name, uid: fn.uid }, revision: { name: revision.name, uid }, content: revision.content });
  };
  return {
    record: (fn, member) =>
      void assign(fn, member).catch((err: unknown) =>
        log.error('what an instance serves could not be recorded', { instance: member.id, function: fn.name, err }),
      ),
  };
}
