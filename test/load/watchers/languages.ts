import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import { buildGo } from '../../../constructs/build/go.ts';
import { buildJava } from '../../../constructs/build/java.ts';
import { findJdk, OLDEST_WATCHER_JDK } from '../../../constructs/build/java-toolchain.ts';
import type { PackageFile } from '../../../protocol/package.ts';
import type { Runtime } from '../../../protocol/schema/fields.ts';
import { compileGo, FIXTURES } from './compile-go.ts';

const MEGABYTE = 1_000_000;

/** What is compared in one language: the same function for the watcher, in two signatures, and as a server with nothing of ours. */
export interface BenchLanguage {
  readonly runtime: Runtime;
  /** The signature beside `event`. */
  readonly web: 'fetch' | 'wsgi' | 'http';
  /** Compiles what is to be compiled, in an empty folder. @returns the command of the bare server */
  readonly buildBare: (folder: string) => readonly string[];
  readonly buildFiles: () => readonly PackageFile[];
  /** `handler` for an export of the function: `event`, `web` or `version`. */
  readonly handler: (name: string) => string;
  readonly packageBytes: number;
  /** Its package is on the node already. @default false */
  readonly transferApart?: boolean;
  /** Of load on each server before it is measured: until its code is compiled. */
  readonly warmUpMs: number;
  /** Whether `event` or the signature beside it is held against the bare server. */
  readonly judged: 'event' | 'web';
  /** That it is the one to be judged. */
  readonly why: string;
  readonly budgets: {
    /** Of the bare server's requests a second. */
    readonly leastRate: number;
    readonly specializeMs: number;
    readonly startMs: number;
    readonly memoryMib: number;
  };
}

/** A language with what was built of it. */
export interface Subject extends BenchLanguage {
  readonly bareCommand: readonly string[];
  readonly files: readonly PackageFile[];
}

export const LANGUAGES: readonly BenchLanguage[] = [
  {
    runtime: 'nodejs',
    web: 'fetch',
    buildBare: () => [process.execPath, join(FIXTURES, 'bare/server.mjs')],
    buildFiles: () => [sourceOf('nodejs/index.mjs')],
    handler: (name) => `index.${name}`,
    packageBytes: MEGABYTE,
    warmUpMs: 2000,
    judged: 'event',
    why: 'which makes no Request and Response, as that server makes none',
    budgets: { leastRate: 0.7, specializeMs: 10, startMs: 500, memoryMib: 150 },
  },
  {
    runtime: 'python',
    web: 'wsgi',
    buildBare: () => [process.env['FIB_PYTHON'] ?? 'python3', join(FIXTURES, 'bare/server.py')],
    buildFiles: () => [sourceOf('python/main.py')],
    handler: (name) => `main.${name}`,
    packageBytes: MEGABYTE,
    warmUpMs: 2000,
    judged: 'web',
    why: 'which writes the answer as that server does',
    budgets: { leastRate: 0.6, specializeMs: 8, startMs: 500, memoryMib: 80 },
  },
  {
    runtime: 'java',
    web: 'http',
    buildBare: bareJava,
    buildFiles: () => buildJava({ directory: join(FIXTURES, 'functions/java'), handler: 'Main.event' }),
    handler: (name) => `Main.${name}`,
    packageBytes: MEGABYTE,
    warmUpMs: 5000,
    judged: 'web',
    why: 'which writes the answer as that server does',
    budgets: { leastRate: 0.7, specializeMs: 30, startMs: 1000, memoryMib: 200 },
  },
  {
    runtime: 'go',
    web: 'http',
    buildBare: (folder) => [compileGo(join(FIXTURES, 'bare/go'), folder)],
    buildFiles: filesOfGo,
    handler: goHandler,
    packageBytes: 8 * MEGABYTE,
    transferApart: true,
    warmUpMs: 2000,
    judged: 'web',
    why: 'which writes the answer as that server does',
    budgets: { leastRate: 0.7, specializeMs: 40, startMs: 100, memoryMib: 40 },
  },
];

function sourceOf(path: string): PackageFile {
  return { path: path.slice(path.indexOf('/') + 1), bytes: readFileSync(join(FIXTURES, 'functions', path)) };
}

function bareJava(folder: string): readonly string[] {
  const { home } = findJdk(OLDEST_WATCHER_JDK);
  execFileSync(join(home, 'bin/javac'), ['-d', folder, join(FIXTURES, 'bare/Server.java')]);
  return [join(home, 'bin/java'), '-Dsun.net.httpserver.nodelay=true', '-cp', folder, 'Server'];
}

function goHandler(name: string): string {
  return `handler.${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

function filesOfGo(): readonly PackageFile[] {
  const handlers = ['event', 'web', 'version'].map(goHandler);
  return buildGo({ directory: join(FIXTURES, 'functions/go'), handlers, goos: 'linux', goarch: arch() === 'arm64' ? 'arm64' : 'amd64' });
}
