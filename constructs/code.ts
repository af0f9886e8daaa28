import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '../protocol/errors.ts';
import { encodePackage, MAX_PACKAGE_BYTES, type Package, type PackageFile } from '../protocol/package.ts';
import type { Runtime } from '../protocol/schema/fields.ts';
import { type Architecture, CLUSTER_PLATFORM, type Platform } from './build/platform.ts';
import { compileFile, compileFolder, type CompileOptions, sourceExtension } from './build/compile.ts';
import { readFolder } from './code-folder.ts';

/** Context key on the app: the folder that relative code paths start from. */
export const BASE_DIRECTORY = 'fibonacci.dev/base-directory';
/** Context key on the app: the platform that code is compiled for, where it is not that of a cluster's nodes. */
export const CODE_PLATFORM = 'fibonacci.dev/code-platform';

/** What a function tells its code when it is packed. */
export interface CodeContext {
  /** Absolute; the folder of the stack file. */
  readonly baseDirectory: string;
  /** Of the function. */
  readonly runtime: Runtime;
  /** Of the function. */
  readonly handler: string;
  /** What code is compiled for, whatever it says itself. @default - Linux, and the architecture that the code names */
  readonly platform?: Platform;
}

export interface CodeOptions {
  /** Processor of the cluster's nodes, for code that is compiled to machine code (Go). While developing it is the machine's own. @default 'amd64' */
  readonly architecture?: Architecture;
}

/**
 * A function's code. It is packed at synthesis, addressed by its content: equal files give a byte-identical package, whatever their times, order or place.
 * A package holds at most 10,000 files and 64 MiB.
 */
export abstract class Code {
  /**
   * A folder. Go: compiled to one static executable (`go build`; its folder has a `go.mod`).
   * Other runtimes: all files below it, `node_modules` included; not: version control (`.git` …), `.env` files, editors' files, `__pycache__`. Links inside of the folder are followed.
   *
   * @param directory relative to the stack file's folder, absolute, or a `file:` URL
   * @throws PlatformError CODE_INVALID at synthesis: folder missing or empty, a link that leads out of it, too much in it, or what the compiler says; TOOLCHAIN_MISSING without a compiler
   */
  static fromDirectory(directory: string | URL, options: CodeOptions = {}): Code {
    return new DirectoryCode(pathOf(directory, 'Code.fromDirectory'), options);
  }

  /**
   * One file, under its own name: `greet.js` serves the handler `greet.handler`.
   *
   * @param file relative to the stack file's folder, absolute, or a `file:` URL
   * @throws PlatformError CODE_INVALID at synthesis: file missing, or too large
   */
  static fromFile(file: string | URL, options: CodeOptions = {}): Code {
    return new FileCode(pathOf(file, 'Code.fromFile'), options);
  }

  /**
   * Source text as the one module that the handler names.
   *
   * @example Code.fromInline('export const handler = () => "hello";')
   * @throws PlatformError CODE_INVALID for empty text
   */
  static fromInline(source: string, options: CodeOptions = {}): Code {
    if (typeof source !== 'string' || source.trim() === '')
      throw new PlatformError('CODE_INVALID', 'Code.fromInline takes the source text of the handler’s module, and it is empty');
    return new InlineCode(source, options);
  }

  /** Reads and packs it. @throws PlatformError CODE_INVALID */
  abstract pack(context: CodeContext): Package;

  /** Absolute paths of what is read. */
  abstract sources(context: CodeContext): readonly string[];
}

class DirectoryCode extends Code {
  readonly #directory: string;
  readonly #options: CodeOptions;
  readonly #packed = new Map<string, Package>();

  constructor(directory: string, options: CodeOptions) {
    super();
    this.#directory = directory;
    this.#options = options;
  }

  override pack(context: CodeContext): Package {
    const directory = resolve(context.baseDirectory, this.#directory);
    const key = JSON.stringify([directory, context.runtime, context.handler, context.platform]);
    const packed =
      this.#packed.get(key) ?? encodePackage(compileFolder(context.runtime, directory, compileOptions(context, this.#options)) ?? readFolder(directory));
    this.#packed.set(key, packed);
    return packed;
  }

  override sources({ baseDirectory }: CodeContext): readonly string[] {
    return [resolve(baseDirectory, this.#directory)];
  }
}

class FileCode extends Code {
  readonly #file: string;
  readonly #options: CodeOptions;

  constructor(file: string, options: CodeOptions) {
    super();
    this.#file = file;
    this.#options = options;
  }

  override pack(context: CodeContext): Package {
    const file = resolve(context.baseDirectory, this.#file);
    const stats = statSync(file, { throwIfNoEntry: false });
    if (!stats) throw new PlatformError('CODE_INVALID', `the code file ${file} does not exist`, { details: { file } });
    if (!stats.isFile()) throw new PlatformError('CODE_INVALID', `${file} is not a file; for a folder use Code.fromDirectory`, { details: { file } });
    if (stats.size > MAX_PACKAGE_BYTES)
      throw new PlatformError('CODE_INVALID', `${file} has ${stats.size} bytes, more than the ${MAX_PACKAGE_BYTES} (64 MiB) of a package`, {
        details: { file },
      });
    return packSource({ path: basename(file), bytes: readFileSync(file) }, context, this.#options);
  }

  override sources({ baseDirectory }: CodeContext): readonly string[] {
    return [resolve(baseDirectory, this.#file)];
  }
}

class InlineCode extends Code {
  readonly #source: string;
  readonly #options: CodeOptions;

  constructor(source: string, options: CodeOptions) {
    super();
    this.#source = source;
    this.#options = options;
  }

  override pack(context: CodeContext): Package {
    const { runtime, handler } = context;
    const module = handler.slice(0, handler.lastIndexOf('.'));
    return packSource({ path: `${module}.${sourceExtension(runtime)}`, bytes: Buffer.from(this.#source) }, context, this.#options);
  }

  override sources(): readonly string[] {
    return [];
  }
}

function packSource(source: PackageFile, context: CodeContext, options: CodeOptions): Package {
  return encodePackage(compileFile(context.runtime, source, compileOptions(context, options)) ?? [source]);
}

function compileOptions({ handler, platform }: CodeContext, { architecture = CLUSTER_PLATFORM.architecture }: CodeOptions): CompileOptions {
  return { handler, platform: platform ?? { ...CLUSTER_PLATFORM, architecture } };
}

function pathOf(value: string | URL, method: string): string {
  if (value instanceof URL && value.protocol === 'file:') return fileURLToPath(value);
  if (typeof value === 'string' && value !== '') return value;
  throw new PlatformError('CODE_INVALID', `${method} takes a path or a file: URL, not ${value instanceof URL ? value.href : JSON.stringify(value)}`);
}
