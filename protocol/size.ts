import { PlatformError } from './errors.ts';

const UNITS = [
  ['Gi', 1024 ** 3],
  ['Mi', 1024 ** 2],
  ['Ki', 1024],
] as const;

/** Text form of every size in a spec: a Kubernetes quantity in Ki, Mi or Gi (`256Mi`). */
export const SIZE_PATTERN = '^[1-9][0-9]{0,6}(Ki|Mi|Gi)$';
const PARSE = new RegExp(SIZE_PATTERN);

/** Bytes of `256Mi`. @throws PlatformError SPEC_INVALID */
export function parseSize(text: string): number {
  if (!PARSE.test(text)) {
    throw new PlatformError('SPEC_INVALID', `"${text}" is not a size: write a whole number and Ki, Mi or Gi, such as 256Mi`);
  }
  const unit = UNITS.find(([name]) => text.endsWith(name));
  return Number(text.slice(0, -2)) * (unit?.[1] ?? 1);
}

/** The shortest exact text: 268435456 → `256Mi`. */
export function formatSize(bytes: number): string {
  const unit = UNITS.find(([, size]) => bytes % size === 0);
  if (!Number.isSafeInteger(bytes) || bytes <= 0 || !unit) {
    throw new PlatformError('SPEC_INVALID', `${bytes} bytes is not a size: it must be a positive multiple of 1024`);
  }
  return `${bytes / unit[1]}${unit[0]}`;
}
