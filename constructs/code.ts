import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '../protocol/errors.ts';
import { encodePackage, MAX_PACKAGE_BYTES, type Package } from '../protocol/package.ts';
import type { Runtime } from '../protocol/schema/fields.ts';
import { readFolder } from './code-folder.ts';

/** Context key on the app: the folder that relative code paths start from. */
export const BASE_DIRECTORY = 'fibonacci.dev/base-directory';

/** What a function tells its code when it is packed. */
export interface CodeContext {
  /** Absolute; the folder of the stack file. */
  readonly baseDirectory: string;
  /** Of the function. */
  readonly runtime: Runtime;
  /** Of the function. */
  readonly handler: string;
}

/**
 * A function's code. It is packed at synthesis, addressed by its content: equal files give a byte-identical package, whatever their times, order or place.
 * A package holds at most 10,000 files and 64 MiB.
 */
export abstract class Code {
  /**
   * All files below a folder, `node_modules` included; not: version control (`.git` …), `.env` files, editors' files, `__pycache__`. Links inside of the folder are followed.
   *
   * @param directory relative to the stack file's folder, absolute, or a `file:` URL
   * @throws PlatformError CODE_INVALID at synthesis: folder missing or empty, a link that leads out of it, too much in it
   */
  static fromDirectory(directory: string | URL): Code {
    return new DirectoryCode(pathOf(directory, 'Code.fromDirectory'));
  }

  /**
   * One file, under its own name: `greet.js` serves the handler `greet.handler`.
   *
   * @param file relative to the stack file's folder, absolute, or a `file:` URL
   * @throws PlatformError CODE_INVALID at synthesis: file missing, or too large
   */
  static fromFile(file: string | URL): Code {
    return new FileCode(pathOf(file, 'Code.fromFile'));
  }

  /**
   * Source text as the one module that the handler names.
   *
   * @example Code.fromInline('export const handler = () => "hello";')
   * @throws PlatformError CODE_INVALID for empty text
   */
  static fromInline(source: string): Code {
    if (typeof source !== 'string' || source.trim() === '')
      throw new PlatformError('CODE_INVALID', 'Code.fromInline takes the source text of the handler’s module, and it is empty');
    return new InlineCode(source);
  }

  /** Reads and packs it. @throws PlatformError CODE_INVALID */
  abstract pack(context: CodeContext): Package;

  /** Absolute paths of what is read. */
  abstract sources(context: CodeContext): readonly string[];
}

class DirectoryCode extends Code {
  readonly #directory: string;
  readonly #packed = new Map<string, Package>();

  constructor(directory: string) {
    super();
    this.#directory = directory;
  }

  override pack({ baseDirectory }: CodeContext): Package {
    const directory = resolve(baseDirectory, this.#directory);
    const packed = this.#packed.get(directory) ?? encodePackage(readFolder(directory));
    this.#packed.set(directory, packed);
    return packed;
  }

  override sources({ baseDirectory }: CodeContext): readonly string[] {
    return [resolve(baseDirectory, this.#directory)];
  }
}

class FileCode extends Code {
  readonly #file: string;

  constructor(file: string) {
    super();
    this.#file = file;
  }

  override pack({ baseDirectory }: CodeContext): Package {
    const file = resolve(baseDirectory, this.#file);
    const stats = statSync(file, { throwIfNoEntry: false });
    if (!stats) throw new PlatformError('CODE_INVALID', `the code file ${file} does not exist`, { details: { file } });
    if (!stats.isFile()) throw new PlatformError('CODE_INVALID', `${file} is not a file; for a folder use Code.fromDirectory`, { details: { file } });
    if (stats.size > MAX_PACKAGE_BYTES)
      throw new PlatformError('CODE_INVALID', `${file} has ${stats.size} bytes, more than the ${MAX_PACKAGE_BYTES} (64 MiB) of a package`, {
        details: { file },
      });
    return encodePackage([{ path: basename(file), bytes: readFileSync(file) }]);
  }

  override sources({ baseDirectory }: CodeContext): readonly string[] {
    return [resolve(baseDirectory, this.#file)];
  }
}

class InlineCode extends Code {
  readonly #source: string;

  constructor(source: string) {
    super();
    this.#source = source;
  }

  override pack({ runtime, handler }: CodeContext): Package {
    const module = handler.slice(0, handler.lastIndexOf('.'));
    const path = `${module}.${runtime === 'python' ? 'py' : 'js'}`;
    return encodePackage([{ path, bytes: Buffer.from(this.#source) }]);
  }

  override sources(): readonly string[] {
    return [];
  }
}

function pathOf(value: string | URL, method: string): string {
  if (value instanceof URL && value.protocol === 'file:') return fileURLToPath(value);
  if (typeof value === 'string' && value !== '') return value;
  throw new PlatformError('CODE_INVALID', `${method} takes a path or a file: URL, not ${value instanceof URL ? value.href : JSON.stringify(value)}`);
}
