import { isPackageConfigMap } from '../../constructs/synth/object.ts';
import { changedFields, coverSecrets } from '../diff/changed-fields.ts';
import { type DiffPart, diffPart } from '../diff/part.ts';
import type { Terminal } from '../terminal.ts';
import { declaredPart } from './cluster-object.ts';
import type { Change, Plan } from './plan.ts';
import { isReplacement, replacementOf } from './replacement.ts';

const FIELDS_SHOWN = 3;
const SIDES = ['cluster', 'stack'] as const;

/** The changes as a list: one line an object, with the fields that change. */
export function renderChanges({ changes, deletions, kept, unchanged }: Plan, terminal: Terminal): string {
  return [
    ...changes.map((change) =>
      change.action === 'create'
        ? `  ${terminal.paint('green', '+')} ${change.wanted.id}`
        : `  ${terminal.paint('yellow', '~')} ${change.wanted.id}  ${terminal.paint('dim', fieldsOf(change))}`,
    ),
    ...deletions.map(({ id }) => `  ${terminal.paint('red', '-')} ${id}`),
    ...keptLines(kept).map((line) => `  ${terminal.paint('dim', line)}`),
    summarize({ changes, deletions, unchanged }),
  ].join('\n');
}

/** What bears the stack's label, is not wanted, and stays all the same: one line an object, and one for all packages. */
export function keptLines(kept: Plan['kept'], wayOut = ''): string[] {
  const packages = kept.filter(({ object }) => isPackageConfigMap(object));
  const others = kept.filter(({ object }) => !isPackageConfigMap(object));
  return [
    ...others.map(({ id, reason }) => `= ${id} stays: ${reason}${wayOut}`),
    ...(packages.length > 0 ? [`= ${packages.length} code packages stay: ${packages[0]?.reason}`] : []),
  ];
}

export function summarize({ changes, deletions, unchanged }: Pick<Plan, 'changes' | 'deletions' | 'unchanged'>): string {
  const creates = changes.filter(({ action }) => action === 'create').length;
  return `${creates} to create, ${changes.length - creates} to change, ${deletions.length} to delete, ${unchanged} as they should be`;
}

/** The plan as a diff from what is in the cluster to what will be. What has to be deleted and made again, which a deployment does not do by itself, is part of it. */
export function diffParts({ changes, deletions, refusals }: Pick<Plan, 'changes' | 'deletions' | 'refusals'>): DiffPart[] {
  return [
    ...refusals.filter(isReplacement).map((refusal) => diffPart(replacementOf(refusal), SIDES, ['replaced'])),
    ...changes.map(({ wanted: { id, path }, before, after }) => diffPart({ id, path, before, after }, SIDES)),
    ...deletions.map(({ id, object }) => diffPart({ id, before: declaredPart(object) }, SIDES)),
  ];
}

/** Paths of the fields that change: `spec.timeout 5s → 6s`. */
function fieldsOf({ before, after }: Change): string {
  const fields = changedFields(...coverSecrets(before, after));
  const more = fields.length - FIELDS_SHOWN;
  return [...fields.slice(0, FIELDS_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}
