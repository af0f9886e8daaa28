import type { KubernetesObject } from '../../constructs/synth/object.ts';
import { isRecord } from '../../protocol/record.ts';

/** Paths of the fields that change: `spec.timeout 5s → 6s`. Lists and long values as their path alone. */
export function changedFields(before: unknown, after: unknown, path = ''): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => changedFields(before[key], after[key], path === '' ? key : `${path}.${key}`));
  }
  const short = (value: unknown) => (value === undefined ? 'none' : isScalar(value) ? String(value) : '…');
  const [left, right] = [short(before), short(after)];
  return [left.length + right.length > 60 || left === right ? path : `${path} ${left} → ${right}`];
}

/** Both sides with the values of a Secret covered: they never reach a terminal, only whether they change. */
export function coverSecrets(
  before: KubernetesObject | undefined,
  after: KubernetesObject | undefined,
): [KubernetesObject | undefined, KubernetesObject | undefined] {
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

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
