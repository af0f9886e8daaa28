import { fileURLToPath } from 'node:url';
import { PlatformError } from '../protocol/errors.ts';
import type { Package } from '../protocol/package.ts';
import { type BundleOptions, checkBundleOptions } from './build/bundle.ts';
import { type CodeContext, type CodeForm, type CodeOptions, mainSources, packCode, type PackedCode } from './code-form.ts';

/** Context key on the app: the folder that relative code paths start from. */
export const BASE_DIRECTORY = 'fibonacci.dev/base-directory';
/** Context key on the app: the platform that code is compiled for, where it is not that of a cluster's nodes. */
export const CODE_PLATFORM = 'fibonacci.dev/code-platform';
/** Context key on the app: the interpreter that runs Python functions, where it is one of this machine. */
export const CODE_PYTHON = 'fibonacci.dev/code-python';

/**
 * A function's code. It is packed at synthesis, addressed by its content: equal files give a byte-identical package, whatever their times, order or place.
 * A package holds at most 10,000 files and 64 MiB.
 */
export class Code {
  /**
   * A folder. Go: compiled to one static executable (`go build`; its folder has a `go.mod`).
   * Other runtimes: all files below it, `node_modules` included; not: version control (`.git` …), `.env` files, editors' files, `__pycache__`. Links inside of the folder are followed.
   * Python: also what its `requirements.txt` names, installed from wheels by pip, unless it lies in the folder already. Node.js: TypeScript, or dependencies in one small module, are for `Code.bundle`.
   *
   * @param directory relative to the stack file's folder, absolute, or a `file:` URL
   * @throws PlatformError CODE_INVALID at synthesis: folder missing or empty, a link that leads out of it, too much in it, dependencies that are not or cannot be installed, or what the compiler says; TOOLCHAIN_MISSING without a compiler or pip
   */
  static fromDirectory(directory: string | URL, options: CodeOptions = {}): Code {
    return new Code({ kind: 'directory', path: pathOf(directory, 'Code.fromDirectory'), options });
  }

  /**
   * One file, under its own name: `greet.js` serves the handler `greet.handler`.
   *
   * @param file relative to the stack file's folder, absolute, or a `file:` URL
   * @throws PlatformError CODE_INVALID at synthesis: file missing, or too large
   */
  static fromFile(file: string | URL, options: CodeOptions = {}): Code {
    return new Code({ kind: 'file', path: pathOf(file, 'Code.fromFile'), options });
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
    return new Code({ kind: 'inline', text: source, options });
  }

  /**
   * A Node.js module in TypeScript or JavaScript, bundled with all that it imports by esbuild, which the project installs: `npm install --save-dev esbuild`.
   * The package has one ES module, which stands where the handler names it, and its source map, by which stack traces show the source.
   *
   * @example Code.bundle('src/index.ts')
   * @param entry relative to the stack file's folder, absolute, or a `file:` URL
   * @throws PlatformError SPEC_INVALID for a bad option; at synthesis TOOLCHAIN_MISSING without esbuild, CODE_INVALID with `file:line:column: text` for each error
   */
  static bundle(entry: string | URL, options: BundleOptions = {}): Code {
    checkBundleOptions(options);
    return new Code({ kind: 'bundle', path: pathOf(entry, 'Code.bundle'), options });
  }

  /** @internal As plain data. */
  readonly form: CodeForm;
  readonly #packed = new Map<string, PackedCode>();
  readonly #named = new Map<string, readonly string[]>();

  private constructor(form: CodeForm) {
    this.form = form;
  }

  /** Reads and packs it, once for each context. @throws PlatformError CODE_INVALID, TOOLCHAIN_MISSING */
  pack(context: CodeContext): Package {
    const key = JSON.stringify(context);
    try {
      const packed = this.#packed.get(key) ?? packCode({ form: this.form, context });
      this.#packed.set(key, packed);
      return packed.package;
    } catch (error) {
      this.#named.set(key, ((error as PlatformError).details?.['sources'] as string[] | undefined) ?? []);
      throw error;
    }
  }

  /** Absolute paths of the files and folders that it is made from; where it could not be packed, those that are known. */
  sources(context: CodeContext): readonly string[] {
    const key = JSON.stringify(context);
    return this.#packed.get(key)?.sources ?? [...new Set([...mainSources({ form: this.form, context }), ...(this.#named.get(key) ?? [])])];
  }
}

function pathOf(value: string | URL, method: string): string {
  if (value instanceof URL && value.protocol === 'file:') return fileURLToPath(value);
  if (typeof value === 'string' && value !== '') return value;
  throw new PlatformError('CODE_INVALID', `${method} takes a path or a file: URL, not ${value instanceof URL ? value.href : JSON.stringify(value)}`);
}
