import { describe, expect, it } from 'vitest';
import { type FileResult, judge, type Suite, unmet } from './tiers.ts';

const suites: Suite[] = [
  { name: 'rules', files: ['test/contract/rules*.test.ts'], needs: ['monitoring'], minCases: 2 },
  { name: 'unit', files: ['**/*.test.ts'], needs: [], minCases: 3 },
];
const result = (file: string, counts: Partial<FileResult> = {}): FileResult => ({ file, passed: 3, failures: [], skipped: 0, ...counts });
const problems = (results: FileResult[], available: 'monitoring'[], strict: boolean) =>
  judge(suites, results, unmet(suites, new Set(available)), strict).flatMap((verdict) => verdict.problems);

describe('which test runs count', () => {
  const full = [result('test/contract/rules.test.ts'), result('kit/backoff.test.ts')];

  it('a full run has no problem', () => {
    expect(problems(full, ['monitoring'], true)).toEqual([]);
  });

  it('a suite whose needs are missing is left out on a laptop and fails in CI', () => {
    const results = [result('kit/backoff.test.ts')];
    expect(problems(results, [], false)).toEqual([]);
    expect(problems(results, [], true)).toEqual(['suite rules was left out: it needs monitoring']);
  });

  it('a skipped case fails in CI alone', () => {
    const results = [full[0] as FileResult, result('kit/backoff.test.ts', { skipped: 1 })];
    expect(problems(results, ['monitoring'], false)).toEqual([]);
    expect(problems(results, ['monitoring'], true)).toEqual(['suite unit skipped 1 cases']);
  });

  it('fewer cases than recorded fail in CI alone', () => {
    const results = [result('test/contract/rules.test.ts', { passed: 1 }), result('kit/backoff.test.ts')];
    expect(problems(results, ['monitoring'], false)).toEqual([]);
    expect(problems(results, ['monitoring'], true)).toEqual(['suite rules ran 1 cases, fewer than the 2 that test/tiers.json records']);
  });

  it('a file that does not load is a problem everywhere', () => {
    const results = [full[0] as FileResult, result('kit/backoff.test.ts', { passed: 5, broken: 'SyntaxError' })];
    expect(problems(results, ['monitoring'], false)).toEqual(['kit/backoff.test.ts: SyntaxError']);
  });

  it('a file that no suite lists is a problem everywhere', () => {
    const [first] = suites;
    const verdicts = judge([first as Suite], full, new Map(), false);
    expect(verdicts.at(-1)?.problems).toEqual(['kit/backoff.test.ts belongs to no suite of test/tiers.json']);
  });
});
