import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildGo, type BuildGoOptions } from '../../constructs/build/go.ts';
import { PlatformError } from '../../protocol/errors.ts';

const GO_MOD = 'module example.com/hello\n\ngo 1.24\n';
const HELLO = 'package hello\n\nfunc Handler() string { return "hello" }\n';
const target = { goos: 'linux', goarch: process.arch === 'arm64' ? 'arm64' : 'amd64' };

let root: string;
let folders = 0;
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'fib-go-build-'))));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A new folder with these files; go.mod is there unless said otherwise. */
function write(files: Readonly<Record<string, string>>): string {
  const directory = join(root, `code-${(folders += 1)}`, 'module');
  for (const [path, text] of Object.entries({ 'go.mod': GO_MOD, ...files })) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    if (text !== '') writeFileSync(join(directory, path), text);
  }
  return directory;
}

function build(directory: string, handlers: readonly string[] = ['hello.Handler'], options: Partial<BuildGoOptions> = {}): Buffer {
  const files = buildGo({ directory, handlers, ...target, ...options });
  expect(files.map(({ path }) => path)).toEqual(['function']);
  return Buffer.from(files[0]?.bytes ?? []);
}

function refusal(run: () => unknown): PlatformError {
  try {
    run();
  } catch (error) {
    if (error instanceof PlatformError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

function listing(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((path) => `${path} ${statSync(join(directory, path)).mtimeMs}`);
}

describe('a Go function', () => {
  it('becomes one static executable, the same bytes wherever it lies, and its folder stays as it was', () => {
    const first = write({ 'hello.go': HELLO });
    const second = join(root, 'elsewhere', 'deeper', 'copy');
    cpSync(first, second, { recursive: true });
    const before = listing(first);
    const bytes = build(first);
    expect(build(second).equals(bytes)).toBe(true);
    expect(listing(first)).toEqual(before);
    expect(bytes.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
    expect(bytes.includes(root)).toBe(false);
    expect(bytes.length).toBeLessThan(8 * 1024 * 1024);
  });

  it('may have several handlers, in folders and in internal packages, and leaves tests alone', () => {
    const directory = write({
      'api/users.go': 'package api\n\nimport "example.com/hello/internal/store"\n\nfunc List() []string { return store.Names }\n',
      'internal/store/store.go': 'package store\n\nvar Names = []string{"a"}\n',
      'internal/jobs/jobs.go': 'package jobs\n\nfunc Run() {}\n',
      'api/users_test.go': 'package api\n\nthis does not compile\n',
    });
    expect(build(directory, ['api/users.List', 'internal/jobs/jobs.Run']).length).toBeGreaterThan(1e6);
  });

  it('may use the platform’s package, with or without requiring it', () => {
    const source = 'package hello\n\nimport "fibonacci.dev/go/function"\n\nfunc Handler(event function.Event) string { return event.Path }\n';
    build(write({ 'hello.go': source }));
    build(write({ 'hello.go': source, 'go.mod': `${GO_MOD}\nrequire fibonacci.dev/go v0.1.0\n` }));
  });

  it('keeps the modules of its own workspace', () => {
    const directory = write({ 'hello.go': 'package hello\n\nimport "example.com/shared"\n\nfunc Handler() string { return shared.Name }\n' });
    mkdirSync(join(directory, '..', 'shared'));
    writeFileSync(join(directory, '..', 'shared', 'go.mod'), 'module example.com/shared\n\ngo 1.24\n');
    writeFileSync(join(directory, '..', 'shared', 'shared.go'), 'package shared\n\nconst Name = "shared"\n');
    writeFileSync(join(directory, '..', 'go.work'), 'go 1.24\n\nuse (\n\t./module\n\t./shared\n)\n');
    build(directory);
  });

  it('says by itself that it is started by a watcher', () => {
    const directory = write({ 'hello.go': HELLO });
    const program = join(directory, '..', 'function');
    writeFileSync(program, build(directory), { mode: 0o755 });
    const { status, stderr } = spawnSync(program, { encoding: 'utf8' });
    expect(status).toBe(64);
    expect(stderr).toContain('fib dev');
  });
});

describe('what does not compile', () => {
  const cases: readonly [name: string, files: Readonly<Record<string, string>>, expected: RegExp, place?: object][] = [
    [
      'a syntax error',
      { 'hello.go': 'package hello\n\nfunc Handler( {\n' },
      /^the Go function does not compile:\nhello\.go:3:15: syntax error: .+$/m,
      { file: 'hello.go', line: 3 },
    ],
    [
      'a type error in a folder',
      {
        'hello.go': 'package hello\n\nimport "example.com/hello/lib"\n\nfunc Handler() string { return lib.Name }\n',
        'lib/lib.go': 'package lib\n\nvar Name int = "x"\n',
      },
      /^lib\/lib\.go:3:16: cannot use "x"/m,
      { file: 'lib/lib.go', line: 3 },
    ],
    [
      'two errors',
      { 'hello.go': 'package hello\n\nfunc Handler() string { return 1 }\n\nvar unknown = nothing\n' },
      /hello\.go:3:32: cannot use 1[^\n]*\nhello\.go:5:15: undefined: nothing$/,
    ],
    [
      'a missing module',
      { 'hello.go': 'package hello\n\nimport "example.org/absent/part"\n\nfunc Handler() string { return part.Name }\n' },
      /hello\.go:3:8: .*example\.org\/absent\/part/,
      { file: 'hello.go', line: 3 },
    ],
    [
      'a missing export',
      { 'hello.go': 'package hello\n\nfunc Other() {}\n' },
      /hello\.go: the handler hello\.Handler cannot be compiled in: the package in this folder has no exported Handler/,
    ],
    [
      'a type for a handler',
      { 'hello.go': 'package hello\n\ntype Handler struct{}\n' },
      /hello\.go: the handler hello\.Handler cannot be compiled in: Handler \(type\) is not an expression/,
    ],
    [
      'an import cycle with what is imported',
      { 'hello.go': 'package hello\n\nimport _ "example.com/hello"\n\nfunc Handler() {}\n' },
      /import cycle not allowed|imports itself/,
    ],
  ];

  it.each(cases)('%s', (_name, files, expected, place) => {
    const directory = write(files);
    const error = refusal(() => build(directory));
    expect(error.code).toBe('CODE_INVALID');
    expect(error.message).toMatch(expected);
    expect(error.message).not.toContain(root);
    if (place) expect(error.details).toEqual(place);
  });

  const early: readonly [name: string, files: Readonly<Record<string, string>>, handler: string, expected: RegExp][] = [
    [
      'no go.mod',
      { 'go.mod': '', 'hello.go': HELLO },
      'hello.Handler',
      /has no go\.mod; run there:\n {2}go mod init example\.com\/my-function\n {2}go mod tidy$/,
    ],
    ['a go.mod above', { 'sub/hello.go': HELLO }, 'hello.Handler', /has no go\.mod; name the module’s folder/],
    ['a go.mod without a module', { 'go.mod': 'go 1.24\n', 'hello.go': HELLO }, 'hello.Handler', /names no module/],
    ['a handler that is not exported', { 'hello.go': 'package hello\n\nfunc handler() {}\n' }, 'hello.handler', /handler is not exported/],
    ['package main', { 'hello.go': '// A program.\npackage main\n\nfunc Handler() {}\n\nfunc main() {}\n' }, 'hello.Handler', /package main/],
    ['a missing file', { 'hello.go': HELLO }, 'other.Handler', /there is no file other\.go/],
    ['a file of tests', { 'hello.go': HELLO, 'hello_test.go': HELLO }, 'hello_test.Handler', /file of tests/],
    ['a path out of the folder', { 'hello.go': HELLO }, '../module/hello.Handler', /must be <file>\.<Export>/],
    ['no export', { 'hello.go': HELLO }, 'hello', /must be <file>\.<Export>/],
    ['code in a handler’s name', { 'hello.go': HELLO }, 'hello.Handler,os', /is not exported/],
  ];

  it.each(early)('%s', (name, files, handler, expected) => {
    const directory = write(files);
    const error = refusal(() => build(name === 'a go.mod above' ? join(directory, 'sub') : directory, [handler]));
    expect(error.code).toBe('CODE_INVALID');
    expect(error.message).toMatch(expected);
  });

  it('a folder that is not there', () => {
    expect(refusal(() => build(join(root, 'nowhere'))).message).toMatch(/does not exist/);
  });
});

describe('without a toolchain', () => {
  it('says what to install', () => {
    const directory = write({ 'hello.go': HELLO });
    const error = refusal(() => build(directory, ['hello.Handler'], { go: join(root, 'no-go') }));
    expect([error.code, error.message]).toEqual(['TOOLCHAIN_MISSING', expect.stringMatching(/Go 1\.24 or newer.*install it/)]);
  });

  it('says so of one that is too old', () => {
    const old = join(root, 'old-go');
    writeFileSync(old, '#!/bin/sh\necho go1.23.4\necho\n', { mode: 0o755 });
    const error = refusal(() => build(write({ 'hello.go': HELLO }), ['hello.Handler'], { go: old }));
    expect([error.code, error.message]).toEqual(['TOOLCHAIN_MISSING', expect.stringContaining('is go1.23.4')]);
  });

  it('builds without the network', () => {
    const directory = write({ 'hello.go': HELLO });
    const before = process.env['GOPROXY'];
    process.env['GOPROXY'] = 'off';
    try {
      build(directory);
    } finally {
      if (before === undefined) delete process.env['GOPROXY'];
      else process.env['GOPROXY'] = before;
    }
    expect(existsSync(join(directory, 'go.sum'))).toBe(false);
  });
});
