import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffLines, unifiedHunks } from './line-diff.ts';

const letters = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 });
const side = (lines: ReturnType<typeof diffLines>, left: '-' | '+') => lines.filter(({ op }) => op === ' ' || op === left).map(({ text }) => text);

describe('a diff of lines', () => {
  it('gives both sides back, whatever they are', () => {
    fc.assert(
      fc.property(letters, letters, (before, after) => {
        const lines = diffLines(before, after);
        expect(side(lines, '-')).toEqual(before);
        expect(side(lines, '+')).toEqual(after);
      }),
    );
  });

  it('has no more edits than the shortest script', () => {
    const edits = (before: string, after: string) => diffLines(before.split(''), after.split('')).filter(({ op }) => op !== ' ').length;
    expect([edits('abcabba', 'cbabac'), edits('abc', 'abc'), edits('', 'ab'), edits('ab', '')]).toEqual([5, 0, 2, 2]);
  });

  it('shows three lines around a change, and far changes apart', () => {
    const before = Array.from({ length: 20 }, (_, index) => `line ${index}`);
    const after = before.with(2, 'changed').with(15, 'changed too');
    const hunks = unifiedHunks(before, after).map((hunk) => hunk.map(({ op, text }) => op + text));
    expect(hunks).toHaveLength(2);
    expect(hunks[0]).toEqual([' line 0', ' line 1', '-line 2', '+changed', ' line 3', ' line 4', ' line 5']);
    expect(hunks[1]?.[0]).toBe(' line 12');
  });
});
