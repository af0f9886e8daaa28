import type { Condition } from '../decide/conditions.ts';
import { decideEvents } from '../decide/events.ts';
import type { Events, Subject } from './events.ts';
import type { StatusWriterDeps } from './status-writer.ts';

/** Makes an event of every condition that turns, as statuses are written. */
export function tellConditions(
  events: Events | undefined,
  uidOf: (object: Omit<Subject, 'uid'>) => string | undefined,
): NonNullable<StatusWriterDeps['onWritten']> {
  return (kind, namespace, name, previous, status) => {
    const uid = uidOf({ kind, namespace, name });
    if (uid === undefined) return;
    for (const event of decideEvents(conditionsOf(previous), conditionsOf(status))) events?.tell({ kind, namespace, name, uid }, event);
  };
}

function conditionsOf(status: object | undefined): readonly Condition[] | undefined {
  return (status as { readonly conditions?: readonly Condition[] } | undefined)?.conditions;
}
