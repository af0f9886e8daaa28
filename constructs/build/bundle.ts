import { realpathSync, statSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import type { PackageFile } from '../../protocol/package.ts';
import { show } from '../../protocol/schema/validate.ts';
import { checkProps, type PropNames } from '../props.ts';
import { runEsbuild } from './node-esbuild.ts';

export interface BundleOptions {
  /** Packages that stay out of the bundle, because the function's image has them: `sharp`, `@img/*`. @default [] */
  readonly external?: readonly string[];
  /** Makes the code shorter, and names in it unreadable; stack traces show the source all the same. @default false */
  readonly minify?: boolean;
}

export interface BundleOrder extends BundleOptions {
  /** Absolute; the project's folder, which the names of sources start from. */
  readonly folder: string;
  /** Absolute. */
  readonly entry: string;
  /** What the handler calls the module: `index` of `index.handler`. */
  readonly module: string;
}

export interface Bundle {
  /** `<module>.mjs` and its source map. */
  readonly files: readonly PackageFile[];
  /** Absolute paths of all files that are in it. */
  readonly inputs: readonly string[];
}

const OPTIONS: PropNames<BundleOptions> = { external: true, minify: true };
/** Node.js of the images; the oldest that this package runs on. */
const TARGET = 'node24';
/** CommonJS modules in the bundle may require what is built in; esbuild itself never declares this name. */
const REQUIRE = `const require = globalThis.process.getBuiltinModule('node:module').createRequire(import.meta.url);`;

/** @throws PlatformError SPEC_INVALID, also where no compiler looked */
export function checkBundleOptions(options: BundleOptions): void {
  checkProps('Code.bundle', options, OPTIONS);
  const { external = [], minify = false } = options as { external?: unknown; minify?: unknown };
  if (!Array.isArray(external) || !external.every((name) => typeof name === 'string' && name !== ''))
    throw new PlatformError('SPEC_INVALID', `Code.bundle: external (${show(external)}) must be a list of packages’ names`);
  if (typeof minify !== 'boolean') throw new PlatformError('SPEC_INVALID', `Code.bundle: minify (${show(minify)}) must be true or false`);
}

/**
 * Bundles a Node.js module with all that it imports into one ES module. Equal sources and versions give equal bytes, wherever they lie.
 * @throws PlatformError TOOLCHAIN_MISSING without esbuild; CODE_INVALID with `file:line:column: text` for each error
 */
export function bundle({ folder: project, entry, module, external = [], minify = false }: BundleOrder): Bundle {
  if (!statSync(entry, { throwIfNoEntry: false })?.isFile())
    throw new PlatformError('CODE_INVALID', `the module ${entry} does not exist; correct the path, which starts from the stack file’s folder`, {
      details: { file: entry },
    });
  // esbuild names files by their real paths: with the project behind a link, relative ones would differ from place to place.
  const folder = realpathSync(project);
  const { outputFiles, metafile } = runEsbuild(folder, {
    entryPoints: [entry],
    outfile: resolve(folder, `${module}.mjs`),
    ...{ bundle: true, write: false, metafile: true, external: [...external], minify },
    ...{ format: 'esm', platform: 'node', target: TARGET },
    ...{ sourcemap: 'linked', sourcesContent: false },
    banner: { js: REQUIRE },
    define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
  } as const);
  const files = outputFiles.map(({ path, contents }) => ({ path: relative(folder, path).split(sep).join('/'), bytes: contents }));
  return { files, inputs: Object.keys(metafile.inputs).map((input) => resolve(folder, input)) };
}
