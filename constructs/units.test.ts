import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../protocol/duration.ts';
import { formatSize, parseSize } from '../protocol/size.ts';
import { Duration, Size } from './index.ts';

test.each<[string, () => unknown, string]>([
  ['whole seconds', () => Duration.seconds(30), '30s'],
  ['seconds that make minutes', () => Duration.seconds(120), '2m'],
  ['a part of a second', () => Duration.seconds(1.5), '1500ms'],
  ['nothing', () => Duration.minutes(0), '0s'],
  ['hours', () => Duration.hours(2), '2h'],
  ['mebibytes', () => Size.mebibytes(256), '256Mi'],
  ['mebibytes that make gibibytes', () => Size.mebibytes(2048), '2Gi'],
  ['a part of a mebibyte', () => Size.mebibytes(0.5), '512Ki'],
])('%s', (_, make, text) => {
  expect(String(make())).toBe(text);
});

test.each<[string, () => unknown]>([
  ['a negative duration', () => Duration.seconds(-1)],
  ['a part of a millisecond', () => Duration.milliseconds(0.5)],
  ['no number', () => Duration.seconds(Number.NaN)],
  ['a size of nothing', () => Size.kibibytes(0)],
  ['a part of a kibibyte', () => Size.kibibytes(0.3)],
])('%s is refused', (_, make) => {
  expect(make).toThrow(/is not a (duration|size)/);
});

test('a duration’s text means the same again', () => {
  fc.assert(fc.property(fc.nat(900_000_000), (ms) => void expect(parseDuration(formatDuration(ms))).toBe(ms)));
});

test('a size’s text means the same again', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 9_999_999 }), (kibibytes) => void expect(parseSize(formatSize(kibibytes * 1024))).toBe(kibibytes * 1024)));
});

test('no other text is taken for a duration or a size', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      if (!/^\d+(ms|s|m|h)$/.test(text)) expect(() => parseDuration(text)).toThrow('is not a duration');
      if (!/^\d+(Ki|Mi|Gi)$/.test(text)) expect(() => parseSize(text)).toThrow('is not a size');
    }),
  );
});
