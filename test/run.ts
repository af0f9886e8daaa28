import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findJdk, OLDEST_WATCHER_JDK } from '../constructs/build/java-toolchain.ts';
import { clusterFolders } from './cluster/machine/folders.ts';
import { isOnPath } from './cluster/machine/probe.ts';
import { ensureS3Server } from './cluster/machine/programs.ts';
import { findTestCluster } from './cluster/test-run.ts';
import { type FileResult, judge, type Need, readTiers, type Suite, suiteOf, type SuiteVerdict, unmet } from './tiers.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const TIERS = join(ROOT, 'test', 'tiers.json');
const REPORT = join(ROOT, '.cache', 'vitest.json');

/** What is looked at before any test runs. */
const CHECKS = [
  { name: 'lint', command: 'oxlint', args: ['--type-aware', '--quiet'] },
  { name: 'format', command: 'oxfmt', args: ['--check'] },
  { name: 'types of tests and examples', command: 'tsc', args: ['-p', 'test'] },
  { name: 'dead code', command: 'knip', args: ['--no-progress'] },
] as const;

interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** `npm test`: checks, then every suite that this machine can run; ends with one line `N passed, N failed`. `--record` writes the numbers of cases to tiers.json. */
async function main(args: readonly string[]): Promise<number> {
  const strict = Boolean(process.env['CI']) && process.env['CI'] !== 'false';
  const suites = readTiers(TIERS);
  // What it takes to build is built while the other suites run.
  const present = available();
  // The suite that needs it waits for it, and says why there is none.
  if (present.has('go')) ensureS3Server({ cache: clusterFolders().cache, say, inBackground: true }).catch(() => undefined);
  const cluster = unmet(suites, new Set([...present, 'cluster'])).has('cluster') ? undefined : await findTestCluster(say);
  const lacking = unmet(suites, cluster ? new Set([...present, 'cluster']) : present);
  const checksFailed = await runChecks();
  const local = await runVitest(['unit', 'contract'], suites, lacking);
  const results = [...local, ...((await cluster?.use(() => runVitest(['cluster'], suites, lacking))) ?? [])];
  const verdicts = judge(suites, results, lacking, strict);
  if (args.includes('--record')) record(suites, results);
  return report(verdicts, results, checksFailed);
}

function available(): ReadonlySet<Need> {
  const has = {
    python: process.env['FIB_PYTHON'],
    monitoring: process.env['FIB_PROMETHEUS'] && process.env['FIB_ALERTMANAGER'],
    go: isOnPath('go'),
    java: hasJdk(),
  };
  return new Set((Object.keys(has) as (keyof typeof has)[]).filter((need) => has[need]));
}

/** One that the Java watcher runs on, and Maven, which gets what it is compiled with. */
function hasJdk(): boolean {
  try {
    findJdk(OLDEST_WATCHER_JDK);
    return isOnPath('mvn');
  } catch {
    return false;
  }
}

async function runChecks(): Promise<number> {
  const outcomes = await Promise.all(CHECKS.map(async (check) => ({ check, ...(await run(check.command, check.args)) })));
  for (const { check, ok, output, ms } of outcomes) {
    say(`${ok ? '✓' : '✗'} ${check.name} (${(ms / 1000).toFixed(1)} s)`);
    if (!ok) say(output);
  }
  return outcomes.filter(({ ok }) => !ok).length;
}

function run(command: string, args: readonly string[]): Promise<{ ok: boolean; output: string; ms: number }> {
  const begun = Date.now();
  return new Promise((resolve) => {
    execFile(join(ROOT, 'node_modules', '.bin', command), [...args], { cwd: ROOT, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      resolve({ ok: !error, output: `${stdout}${stderr}`.trimEnd(), ms: Date.now() - begun });
    });
  });
}

async function runVitest(projects: readonly string[], suites: readonly Suite[], lacking: ReadonlyMap<string, readonly Need[]>): Promise<FileResult[]> {
  mkdirSync(dirname(REPORT), { recursive: true });
  rmSync(REPORT, { force: true });
  const excluded = suites.filter(({ name }) => lacking.has(name)).flatMap(({ files }) => files.flatMap((glob) => ['--exclude', glob]));
  const args = ['run', ...projects.map((name) => `--project=${name}`), '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`, ...excluded];
  await new Promise((resolve) => spawn(join(ROOT, 'node_modules', '.bin', 'vitest'), args, { cwd: ROOT, stdio: 'inherit' }).on('close', resolve));
  const { testResults } = JSON.parse(readFileSync(REPORT, 'utf8')) as VitestReport;
  return testResults.map(({ name, status, message, assertionResults }) => {
    const namesOf = (wanted: string) => assertionResults.filter((result) => result.status === wanted).map(({ fullName }) => fullName);
    const [passed, failures] = [namesOf('passed').length, namesOf('failed')];
    const skipped = assertionResults.length - passed - failures.length;
    const broken = status === 'failed' && failures.length === 0 ? { broken: message || 'it could not be run' } : {};
    return { file: relative(ROOT, name).replaceAll('\\', '/'), passed, failures, skipped, ...broken };
  });
}

function record(suites: readonly Suite[], results: readonly FileResult[]): void {
  const counted = suites.map((suite) => {
    const own = results.filter(({ file }) => suiteOf(suites, file) === suite);
    return { ...suite, minCases: own.reduce((total, { passed, failures }) => total + passed + failures.length, 0) };
  });
  const lines = counted.map((suite) => `    ${JSON.stringify(suite, null, 1).replace(/\n\s*/g, ' ').replaceAll('[ ', '[').replaceAll(' ]', ']')}`);
  writeFileSync(TIERS, `{\n  "suites": [\n${lines.join(',\n')}\n  ]\n}\n`);
}

function report(verdicts: readonly SuiteVerdict[], results: readonly FileResult[], checksFailed: number): number {
  for (const { suite, leftOut } of verdicts) {
    if (leftOut !== undefined) say(`! suite ${suite} was left out: it ${leftOut} (see \`npm start\` for the way out)`);
  }
  const problems = verdicts.flatMap((verdict) => verdict.problems);
  for (const { file, failures } of results) for (const name of failures) say(`✗ ${file}: ${name}`);
  for (const problem of problems) say(`✗ ${problem}`);
  const passed = CHECKS.length - checksFailed + results.reduce((total, result) => total + result.passed, 0);
  const failed = checksFailed + problems.length + results.reduce((total, result) => total + result.failures.length, 0);
  say(`${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main(process.argv.slice(2));
