import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ERRORS, type ErrorCode } from '../../protocol/errors.ts';
import { CONTROL_PATHS, HEADER_PREFIX, HEADERS, METRICS } from '../../protocol/names.ts';
import { MAX_PACKAGE_BYTES, MAX_PACKAGE_FILES } from '../../protocol/package.ts';
import { TOKEN_ISSUER } from '../../protocol/token.ts';
import { SIGNATURE_NAMES } from '../../protocol/schema/signatures.ts';
import { RUNTIMES_DIR } from './watcher/watcher-process.ts';

const FOLDER = join(RUNTIMES_DIR, 'go');
const source = (path: string) => readFileSync(join(FOLDER, 'internal', path), 'utf8');
const go = (command: string, ...args: string[]) =>
  promisify(execFile)(command, args, { cwd: FOLDER, env: { ...process.env, GOFLAGS: '' }, maxBuffer: 1 << 24 });

test('the Go sources are formatted and vetted', async () => {
  expect((await go('gofmt', '-l', '.')).stdout).toBe('');
  await go('go', 'vet', './...');
}, 300_000);

test('the Go unit tests pass under the race detector', async () => {
  const { stdout } = await go('go', 'test', '-race', './...');
  expect(stdout.match(/^ok /gm)?.length).toBeGreaterThan(4);
}, 600_000);

test('the Go watcher imports nothing but the standard library and itself', async () => {
  const { stdout } = await go('go', 'list', '-deps', '-f', '{{if not .Standard}}{{.ImportPath}}{{end}}', './...');
  expect(stdout.split('\n').filter((path) => path !== '' && !path.startsWith('fibonacci.dev/go'))).toEqual([]);
});

test('the Go watcher says headers, paths, metrics and limits as the protocol does', () => {
  const text = source('contract/contract.go');
  const texts = Object.fromEntries([...text.matchAll(/^\s*(?:const )?(\w+)\s+= "([^"]*)"$/gm)].map(([, name, value]) => [name, value]));
  const lower = (name: string) => texts[name]?.toLowerCase();
  expect({ ...HEADERS }).toMatchObject({
    requestId: lower('HeaderRequestID'),
    traceparent: lower('HeaderTraceparent'),
    timeoutMs: lower('HeaderTimeout'),
    notStarted: lower('HeaderNotStarted'),
    error: lower('HeaderError'),
  });
  expect(lower('HeaderPrefix')).toBe(HEADER_PREFIX);
  for (const [name, path] of Object.entries(CONTROL_PATHS)) expect(texts[`Path${name.charAt(0).toUpperCase()}${name.slice(1)}`]).toBe(path);
  expect([texts['MetricInvocations'], texts['MetricDuration'], texts['MetricInFlight']]).toEqual([
    METRICS.watcherInvocations,
    METRICS.watcherDuration,
    METRICS.watcherInFlight,
  ]);
  expect([texts['MetricRestarts'], texts['MetricCPU'], texts['MetricMemory']]).toEqual([METRICS.watcherRestarts, METRICS.watcherCpu, METRICS.watcherMemory]);
  expect(texts['TokenIssuer']).toBe(TOKEN_ISSUER);
  expect([64 * 1024 * 1024, 10_000]).toEqual([MAX_PACKAGE_BYTES, MAX_PACKAGE_FILES]);
  expect(text).toMatch(/MaxPushBytes\s+= 64 \* 1024 \* 1024\n\s+MaxPackageFiles\s+= 10_000\n/);
});

test('the Go watcher answers each error with the status of the table, and knows every signature', () => {
  const text = source('contract/errors.go');
  const codes = new Map([...text.matchAll(/^\t(\w+)\s+Code = "(\w+)"$/gm)].map(([, name = '', code = '']) => [name, code as ErrorCode]));
  const table = /func \(code Code\) Status\(\) int \{([\s\S]*?)\n\}/.exec(text)?.[1] ?? '';
  const statuses = new Map(
    [...table.matchAll(/case ([\w, ]+):\n\t\treturn (\d+)/g)].flatMap(([, names = '', status]) => names.split(', ').map((name) => [name, Number(status)])),
  );
  expect(codes.size).toBeGreaterThan(20);
  for (const [name, code] of codes) expect([code, statuses.get(name) ?? 500]).toEqual([code, ERRORS[code]?.status]);
  for (const name of SIGNATURE_NAMES) expect(source('control/document.go')).toContain(`"${name}"`);
});
