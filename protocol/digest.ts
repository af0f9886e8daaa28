import { createHash } from 'node:crypto';

export const DIGEST_PATTERN = '^sha256:[0-9a-f]{64}$';

/** `sha256:` + hex of bytes or UTF-8 text. */
export function digestOf(data: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}

/** JSON with keys in code-point order, so that equal values have equal text. `undefined` members are left out. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const record = value as Record<string, unknown>;
  const members = Object.keys(record)
    .filter((key) => record[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key])}`);
  return `{${members.join(',')}}`;
}

/** Digest of a JSON value, independent of key order. */
export function digestOfJson(value: unknown): string {
  return digestOf(canonicalJson(value));
}
