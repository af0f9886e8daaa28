import { isPackageConfigMap, type KubernetesObject } from '../../constructs/synth/object.ts';
import { renderYaml } from '../../protocol/yaml.ts';
import type { Terminal } from '../terminal.ts';
import { declaredPart } from './cluster-object.ts';
import { unifiedHunks } from './line-diff.ts';
import { type Change, type Plan } from './plan.ts';

const FIELDS_SHOWN = 3;

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

/** One object of a diff. */
export interface DiffPart {
  readonly action: 'create' | 'update' | 'delete';
  readonly id: string;
  /** Unified diff of YAML, from what is in the cluster to what will be; without colours. */
  readonly diff: readonly string[];
}

export function diffParts({ changes, deletions }: Pick<Plan, 'changes' | 'deletions'>): DiffPart[] {
  return [
    ...changes.map(({ action, wanted, before, after }): DiffPart => ({ action, id: wanted.id, diff: diffOf(wanted.id, before, after) })),
    ...deletions.map(({ id, object }): DiffPart => ({ action: 'delete', id, diff: diffOf(id, declaredPart(object), undefined) })),
  ];
}

export function renderParts(parts: readonly DiffPart[], terminal: Terminal): string {
  const paint = (line: string, index: number) => {
    if (index < 2) return terminal.paint('bold', line);
    if (line.startsWith('@@')) return terminal.paint('cyan', line);
    return line.startsWith(' ') ? line : terminal.paint(line.startsWith('+') ? 'green' : 'red', line);
  };
  return parts.flatMap(({ diff }) => diff.map(paint)).join('\n');
}

function diffOf(id: string, before: KubernetesObject | undefined, after: KubernetesObject | undefined): string[] {
  const [left, right] = coverSecrets(before, after);
  const lines = (object: KubernetesObject | undefined) => (object ? renderYaml(sorted(object)).trimEnd().split('\n') : []);
  const hunks = unifiedHunks(lines(left), lines(right)).map((hunk) => ['@@', ...hunk.map(({ op, text }) => op + text)]);
  return [`--- ${before ? `cluster/${id}` : '/dev/null'}`, `+++ ${after ? `stack/${id}` : '/dev/null'}`, ...hunks.flat()];
}

/** Paths of the fields that change: `spec.timeout 5s → 6s`. */
function fieldsOf({ before, after }: Change): string {
  const [left, right] = coverSecrets(before, after);
  const fields = changedFields(left, right, '');
  const more = fields.length - FIELDS_SHOWN;
  return [...fields.slice(0, FIELDS_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}

function changedFields(before: unknown, after: unknown, path: string): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => changedFields(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  const short = (value: unknown) => (value === undefined ? 'none' : isScalar(value) ? String(value) : '…');
  const [left, right] = [short(before), short(after)];
  return [left.length + right.length > 60 || left === right ? path : `${path} ${left} → ${right}`];
}

/** Secrets' values never reach a terminal: only whether they change. */
function coverSecrets(before: KubernetesObject | undefined, after: KubernetesObject | undefined): [KubernetesObject | undefined, KubernetesObject | undefined] {
  if ((after ?? before)?.kind !== 'Secret') return [before, after];
  const cover = (object: KubernetesObject | undefined, other: KubernetesObject | undefined, mark: string) => {
    if (!object) return undefined;
    const covered = (['data', 'stringData'] as const).flatMap((field) => {
      const values = object[field] as Record<string, string> | undefined;
      const others = other?.[field] as Record<string, string> | undefined;
      return values ? [[field, mapValues(values, (value, key) => (others?.[key] === value ? '***' : `*** (${mark})`))]] : [];
    });
    return { ...object, ...(Object.fromEntries(covered) as object) };
  };
  return [cover(before, after, 'before'), cover(after, before, 'after')];
}

function mapValues(record: Readonly<Record<string, string>>, map: (value: string, key: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

/** Both sides in one order of keys: the API server and synthesis have orders of their own. */
function sorted<T>(value: T): T {
  if (Array.isArray(value)) return value.map(sorted) as T;
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  ) as T;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
