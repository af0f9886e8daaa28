import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyLibraries } from '../../constructs/build/java-libraries.ts';
import { findJdk, OLDEST_WATCHER_JDK, runTool } from '../../constructs/build/java-toolchain.ts';
import { javaWatcher } from '../../constructs/build/java-watcher.ts';
import { ERRORS, type ErrorCode } from '../../protocol/errors.ts';
import { CONTROL_PATHS, HEADERS, METRICS } from '../../protocol/names.ts';
import { SIGNATURE_NAMES } from '../../protocol/schema/signatures.ts';
import { TOKEN_ISSUER } from '../../protocol/token.ts';
import { RUNTIMES_DIR } from './watcher/watcher-process.ts';

const SOURCES = join(RUNTIMES_DIR, 'java', 'watcher', 'src');
const read = (path: string) => readFileSync(join(SOURCES, 'main', 'java', 'dev', 'fibonacci', 'watcher', path), 'utf8');
const listJava = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.java'))
    .map((path) => join(folder, path));

const work = mkdtempSync(join(tmpdir(), 'java-checks-'));
const jdk = findJdk(OLDEST_WATCHER_JDK);
const watcher = javaWatcher(jdk);

beforeAll(() => watcher.ensure(), 300_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));

test('the tests of the Java watcher pass', { timeout: 300_000 }, () => {
  const [junit = ''] = copyLibraries(['junit-platform-console-standalone'], join(work, 'lib'), jdk).map((name) => join(work, 'lib', name));
  const classes = join(work, 'classes');
  mkdirSync(classes);
  const jar = join(watcher.file, 'watcher.jar');
  const sources = listJava(join(SOURCES, 'test'));
  const options = ['--release', String(jdk.version), '-Xlint:all', '-Werror', '-d', classes, '-cp', [jar, junit].join(delimiter)];
  expect(runTool(join(jdk.home, 'bin', 'javac'), [...options, ...sources])).toEqual({ ok: true, output: '' });
  const run = ['-jar', junit, 'execute', '-cp', [jar, classes].join(delimiter), '--scan-classpath', classes, '--details=summary', '--disable-banner'];
  const { ok, output } = runTool(watcher.java, run);
  expect(ok, output).toBe(true);
  expect(Number(/(\d+) tests successful/.exec(output)?.[1])).toBeGreaterThan(130);
});

test('each file of the Java watcher holds one class, and is no longer than 300 lines', () => {
  for (const file of listJava(join(SOURCES, 'main'))) expect([file, readFileSync(file, 'utf8').split('\n').length <= 300]).toEqual([file, true]);
});

test('the Java watcher answers each error with the status of the table, and knows every signature', () => {
  const codes = [...read('ErrorCode.java').matchAll(/^ {2}([A-Z_]+)\((\d{3})/gm)].map(([, code, status]) => [code, Number(status)] as [ErrorCode, number]);
  expect(codes.length).toBeGreaterThan(20);
  for (const [code, status] of codes) expect([code, status]).toEqual([code, ERRORS[code]?.status]);
  for (const name of SIGNATURE_NAMES) expect(read('supervisor/LoadDocument.java')).toContain(`"${name}"`);
});

test('the Java watcher says headers, paths, metrics and limits as the protocol does', () => {
  for (const path of Object.values(CONTROL_PATHS)) expect(read('supervisor/ControlApi.java')).toContain(`"${path}"`);
  for (const name of [
    METRICS.watcherInvocations,
    METRICS.watcherDuration,
    METRICS.watcherInFlight,
    METRICS.watcherRestarts,
    METRICS.watcherCpu,
    METRICS.watcherMemory,
  ])
    expect(read('supervisor/Facts.java')).toContain(`"${name}`);
  for (const name of [HEADERS.requestId, HEADERS.timeoutMs, HEADERS.notStarted, HEADERS.error]) expect(read('http/OwnAnswer.java')).toContain(`"${name}"`);
  expect(read('supervisor/Token.java')).toContain(`"${TOKEN_ISSUER}"`);
});
