import { readFileSync } from 'node:fs';
import { matchesGlob } from 'node:path';

/** What a suite may need of the machine. `npm test` gets each of them where it can. */
export const NEEDS = ['python', 'monitoring', 'go', 'java', 'cluster'] as const;
export type Need = (typeof NEEDS)[number];

/** A suite of test/tiers.json: files, what they need, and the least number of cases that must have run. */
export interface Suite {
  readonly name: string;
  /** Globs from the checkout; a file belongs to the first suite that has it. */
  readonly files: readonly string[];
  readonly needs: readonly Need[];
  readonly minCases: number;
}

/** What vitest says of one file. */
export interface FileResult {
  /** From the checkout, `/`-separated. */
  readonly file: string;
  readonly passed: number;
  /** Names of the cases that failed. */
  readonly failures: readonly string[];
  readonly skipped: number;
  /** A file that could not be loaded has no cases and a message. */
  readonly broken?: string;
}

export interface SuiteVerdict {
  readonly suite: string;
  readonly passed: number;
  /** Why the suite does not count as passed; empty = it does. */
  readonly problems: readonly string[];
  /** Why it was left out, where that is allowed. */
  readonly leftOut?: string;
}

/** @throws Error where tiers.json is not of its form */
export function readTiers(file: string): Suite[] {
  const { suites } = JSON.parse(readFileSync(file, 'utf8')) as { suites: Suite[] };
  for (const suite of suites) {
    const unknown = suite.needs.filter((need) => !NEEDS.includes(need));
    if (unknown.length > 0) throw new Error(`test/tiers.json: suite "${suite.name}" needs ${unknown.join(', ')}, which is none of ${NEEDS.join(', ')}`);
  }
  return suites;
}

/** The suite of a test file, or undefined where tiers.json forgot it. */
export function suiteOf(suites: readonly Suite[], file: string): Suite | undefined {
  return suites.find((suite) => suite.files.some((glob) => matchesGlob(file, glob)));
}

/** Suites that cannot run here, with what they lack. */
export function unmet(suites: readonly Suite[], available: ReadonlySet<Need>): ReadonlyMap<string, readonly Need[]> {
  const lacking = suites.map((suite) => [suite.name, suite.needs.filter((need) => !available.has(need))] as const);
  return new Map(lacking.filter(([, needs]) => needs.length > 0));
}

/**
 * Judges a run. Failing cases and files that no suite lists always count; in `strict` runs (CI) so do a suite that was left out, a skipped case and fewer cases than recorded.
 */
export function judge(
  suites: readonly Suite[],
  results: readonly FileResult[],
  lacking: ReadonlyMap<string, readonly Need[]>,
  strict: boolean,
): SuiteVerdict[] {
  const verdicts = suites.map((suite) =>
    judgeSuite(
      suite,
      results.filter(({ file }) => suiteOf(suites, file) === suite),
      lacking.get(suite.name),
      strict,
    ),
  );
  const strays = results.filter(({ file }) => !suiteOf(suites, file));
  if (strays.length === 0) return verdicts;
  return [...verdicts, { suite: 'tiers.json', passed: 0, problems: strays.map(({ file }) => `${file} belongs to no suite of test/tiers.json`) }];
}

function judgeSuite(suite: Suite, results: readonly FileResult[], lacking: readonly Need[] | undefined, strict: boolean): SuiteVerdict {
  if (lacking) {
    const leftOut = `needs ${lacking.join(' and ')}`;
    return { suite: suite.name, passed: 0, problems: strict ? [`suite ${suite.name} was left out: it ${leftOut}`] : [], leftOut };
  }
  const sum = (count: (result: FileResult) => number) => results.reduce((total, result) => total + count(result), 0);
  const [passed, skipped] = [sum((result) => result.passed), sum((result) => result.skipped)];
  const ran = passed + sum(({ failures }) => failures.length);
  const problems = results.flatMap(({ file, broken }) => (broken === undefined ? [] : [`${file}: ${broken}`]));
  if (strict && skipped > 0) problems.push(`suite ${suite.name} skipped ${skipped} cases`);
  if (strict && ran < suite.minCases) problems.push(`suite ${suite.name} ran ${ran} cases, fewer than the ${suite.minCases} that test/tiers.json records`);
  return { suite: suite.name, passed, problems };
}
