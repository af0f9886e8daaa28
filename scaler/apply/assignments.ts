import type { Fleet } from '../../kit/fleet/fleet.ts';
import type { Log } from '../../kit/log.ts';
import type { ManagedFunction, Member } from '../observe/functions.ts';
import type { Revisions } from './revisions.ts';
import { createWhenCalm } from './when-calm.ts';

/** Records at the fleet what instances serve, after the fact: nothing waits for it. */
export interface Assignments {
  record(fn: ManagedFunction, member: Member): void;
}

export interface AssignmentsDeps {
  readonly fleet: Pick<Fleet, 'assign'>;
  readonly revisions: Pick<Revisions, 'uidOf'>;
  readonly log: Log;
  /** Whether instances load their functions right now. */
  loading(): boolean;
}

/** What is recorded leaves its pool, which starts another instance at once, on the processor that those need which load just then. A scaler that leads after this one asks the instances themselves. */
const RECORD = { delayMs: 30, latestMs: 1000 };

export function createAssignments({ fleet, revisions, log, loading }: AssignmentsDeps): Assignments {
  const pending = new Map<string, { readonly fn: ManagedFunction; readonly member: Member }>();
  const assign = async (fn: ManagedFunction, member: Member) => {
    const { revision, id } = member;
    const uid = await revisions.uidOf(fn, revision.name);
    // Gone, or another revision by now, for which this is called again.
    if (uid === undefined || member.revision !== revision || fn.members.get(id) !== member) return;
    const { namespace, name } = fn.resource.metadata;
    await fleet.assign(id, { function: { namespace, name, uid: fn.uid }, revision: { name: revision.name, uid }, content: revision.content });
  };
  const calm = createWhenCalm({
    busy: loading,
    ...RECORD,
    act() {
      const due = [...pending.values()];
      pending.clear();
      for (const { fn, member } of due) {
        assign(fn, member).catch((err: unknown) => log.error('what an instance serves could not be recorded', { instance: member.id, function: fn.name, err }));
      }
    },
  });
  return {
    record(fn, member) {
      pending.set(member.id, { fn, member });
      calm.ask();
    },
  };
}
