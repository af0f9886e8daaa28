import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { PackageFile } from '../../protocol/package.ts';
import type { Runtime } from '../../protocol/schema/fields.ts';
import { buildGo } from './go.ts';
import { buildJava } from './java.ts';
import type { Platform } from './platform.ts';

export interface CompileOptions {
  readonly handler: string;
  readonly platform: Platform;
}

type Compile = (directory: string, options: CompileOptions) => readonly PackageFile[];

interface Compiler {
  readonly compile: Compile;
  /** Of a source file. */
  readonly extension: string;
  /** Files beside a single source that make a module of it. */
  readonly module: Readonly<Record<string, string>>;
}

/** Runtimes whose functions are compiled when they are packed. */
const COMPILERS: Readonly<Partial<Record<Runtime, Compiler>>> = {
  go: {
    compile: (directory, { handler, platform: { system, architecture } }) => buildGo({ directory, handlers: [handler], goos: system, goarch: architecture }),
    extension: 'go',
    module: { 'go.mod': 'module function\n\ngo 1.24\n' },
  },
  java: {
    compile: (directory, { handler }) => buildJava({ directory, handler }),
    extension: 'java',
    module: {},
  },
};

/** Extension of a source file of the runtime. */
export function sourceExtension(runtime: Runtime): string {
  return COMPILERS[runtime]?.extension ?? (runtime === 'python' ? 'py' : 'js');
}

/** The package's files of a folder of sources; undefined where the runtime takes them as they are. @throws PlatformError TOOLCHAIN_MISSING, CODE_INVALID */
export function compileFolder(runtime: Runtime, directory: string, options: CompileOptions): readonly PackageFile[] | undefined {
  return COMPILERS[runtime]?.compile(directory, options);
}

/** The same of one source file. */
export function compileFile(runtime: Runtime, { path, bytes }: PackageFile, options: CompileOptions): readonly PackageFile[] | undefined {
  const compiler = COMPILERS[runtime];
  if (!compiler) return undefined;
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'fib-source-'));
  try {
    for (const [name, text] of Object.entries(compiler.module)) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, basename(path)), bytes);
    return compiler.compile(folder, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
