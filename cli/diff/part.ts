import type { KubernetesObject } from '../../constructs/synth/object.ts';
import { renderYaml } from '../../protocol/yaml.ts';
import type { Terminal } from '../terminal.ts';
import { unifiedHunks } from './line-diff.ts';
import { changedFields, coverSecrets } from './changed-fields.ts';
import { type Effect, EFFECT_TEXTS, EFFECTS, effectsOf } from './effects.ts';

/** An object before and after. One of the two may be absent. */
export interface ObjectChange {
  readonly id: string;
  /** Of the construct, where one is known. */
  readonly path?: string | undefined;
  readonly before?: KubernetesObject | undefined;
  readonly after?: KubernetesObject | undefined;
}

/** One object of a diff. */
export interface DiffPart {
  readonly action: 'create' | 'update' | 'delete';
  readonly id: string;
  readonly path?: string;
  /** What it does to what runs, the gravest first. */
  readonly effects: readonly Effect[];
  /** What changes of an object that stays: `spec.timeout 5s → 6s`. */
  readonly fields: readonly string[];
  /** Unified diff of YAML, without colours. */
  readonly diff: readonly string[];
}

/**
 * @param sides how the diff names what was and what will be
 * @param effects where more is known than the two objects tell
 */
export function diffPart(
  { id, path, before, after }: ObjectChange,
  sides: readonly [before: string, after: string],
  effects: readonly Effect[] = effectsOf(before, after),
): DiffPart {
  const [left, right] = coverSecrets(before, after);
  return {
    action: !before ? 'create' : after ? 'update' : 'delete',
    id,
    ...(path !== undefined && { path }),
    effects,
    fields: left && right ? changedFields(left, right) : [],
    diff: diffOf(id, left, right, sides),
  };
}

/** Each object's diff, under a line that says what it does. */
export function renderParts(parts: readonly DiffPart[], terminal: Terminal): string {
  const paint = (line: string, index: number) => {
    if (index < 2) return terminal.paint('bold', line);
    if (line.startsWith('@@')) return terminal.paint('cyan', line);
    return line.startsWith(' ') ? line : terminal.paint(line.startsWith('+') ? 'green' : 'red', line);
  };
  return parts.flatMap((part) => [terminal.paint('yellow', `# ${part.id}: ${effectTexts(part)}`), ...part.diff.map(paint)]).join('\n');
}

export function effectTexts({ effects }: Pick<DiffPart, 'effects'>): string {
  return effects.map((effect) => EFFECT_TEXTS[effect]).join(', ');
}

/** How many objects have which effect, the gravest first: `1 removed, 2 new revision`. */
export function summarizeEffects(parts: readonly DiffPart[]): string {
  const counted = EFFECTS.map((effect) => ({ effect, count: parts.filter(({ effects }) => effects.includes(effect)).length }));
  return counted.flatMap(({ effect, count }) => (count === 0 ? [] : [`${count} × ${EFFECT_TEXTS[effect]}`])).join(', ');
}

function diffOf(id: string, before: KubernetesObject | undefined, after: KubernetesObject | undefined, sides: readonly [string, string]): string[] {
  const lines = (object: KubernetesObject | undefined) => (object ? renderYaml(sorted(object)).trimEnd().split('\n') : []);
  const hunks = unifiedHunks(lines(before), lines(after)).map((hunk) => ['@@', ...hunk.map(({ op, text }) => op + text)]);
  return [`--- ${before ? `${sides[0]}/${id}` : '/dev/null'}`, `+++ ${after ? `${sides[1]}/${id}` : '/dev/null'}`, ...hunks.flat()];
}

/** Both sides in one order of keys: the API server and synthesis have orders of their own. */
function sorted<T>(value: T): T {
  if (Array.isArray(value)) return value.map(sorted) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted((value as Record<string, unknown>)[key])]),
  ) as T;
}
