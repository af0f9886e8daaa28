import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { PlatformError } from '../protocol/errors.ts';
import { encodePackage, MAX_PACKAGE_BYTES, type Package, type PackageFile } from '../protocol/package.ts';
import type { Runtime } from '../protocol/schema/fields.ts';
import { bundle, type BundleOptions } from './build/bundle.ts';
import { compileFile, compileFolder, type CompileOptions, sourceExtension } from './build/compile.ts';
import { type Architecture, CLUSTER_PLATFORM, type Platform } from './build/platform.ts';
import { checkNodeModules } from './build/node-modules.ts';
import { vendorWheels } from './build/wheels.ts';
import { readFolder } from './code-folder.ts';

/** What a function tells its code when it is packed. */
export interface CodeContext {
  /** Absolute; the folder of the stack file. */
  readonly baseDirectory: string;
  /** Of the function. */
  readonly runtime: Runtime;
  /** Of the function. */
  readonly handler: string;
  /** Of the function: text files beside its code, by path. @default {} */
  readonly files?: Readonly<Record<string, string>>;
  /** What code is compiled for, whatever it says itself. @default - Linux, and the architecture that the code names */
  readonly platform?: Platform;
  /** Interpreter on this machine that runs the function, where it is in Python: what it requires is installed for it. @default - for that of the runtime image */
  readonly python?: string;
}

export interface CodeOptions {
  /** Processor of the cluster's nodes, for code that has machine code in it: Go, and wheels of Python. While developing it is the machine's own. @default 'amd64' */
  readonly architecture?: Architecture;
}

/** Where code comes from, as plain data: with its context, any thread can pack it. Paths are relative to the context's folder, or absolute. */
export type CodeForm =
  | { readonly kind: 'directory' | 'file'; readonly path: string; readonly options: CodeOptions }
  | { readonly kind: 'inline'; readonly text: string; readonly options: CodeOptions }
  | { readonly kind: 'bundle'; readonly path: string; readonly options: BundleOptions };

/** What packs a function's code, in any thread. */
export interface CodeOrder {
  readonly form: CodeForm;
  readonly context: CodeContext;
}

export interface PackedCode {
  readonly package: Package;
  /** Absolute paths of the files and folders that were read. */
  readonly sources: readonly string[];
}

/** @throws PlatformError CODE_INVALID, TOOLCHAIN_MISSING; `details.sources` lists files that it names */
export function packCode(order: CodeOrder): PackedCode {
  const { files, sources } = readCode(order);
  return { package: encodePackage([...files, ...ownFiles(order.context)]), sources };
}

/** Where functions look: in their working directory, in Java on the class path. */
function ownFiles({ runtime, files = {} }: CodeContext): readonly PackageFile[] {
  return Object.entries(files).map(([path, text]) => ({ path: runtime === 'java' ? `classes/${path}` : path, bytes: Buffer.from(text) }));
}

/** What is read in any case. */
export function mainSources({ form, context: { baseDirectory } }: CodeOrder): readonly string[] {
  return form.kind === 'inline' ? [] : [resolve(baseDirectory, form.path)];
}

interface ReadCode {
  readonly files: readonly PackageFile[];
  readonly sources: readonly string[];
}

function readCode({ form, context }: CodeOrder): ReadCode {
  const [source = ''] = mainSources({ form, context });
  switch (form.kind) {
    case 'directory': {
      const files = compileFolder(context.runtime, source, compileOptions(context, form.options)) ?? readWithDependencies(source, context, form.options);
      return { files, sources: [source] };
    }
    case 'file':
      return { files: compiled({ path: basename(source), bytes: readOneFile(source) }, context, form.options), sources: [source] };
    case 'inline': {
      const path = `${moduleOf(context)}.${sourceExtension(context.runtime)}`;
      return { files: compiled({ path, bytes: Buffer.from(form.text) }, context, form.options), sources: [] };
    }
    case 'bundle':
      return readBundle(source, context, form.options);
    default:
      return form satisfies never;
  }
}

function readWithDependencies(directory: string, context: CodeContext, options: CodeOptions): readonly PackageFile[] {
  const files = readFolder(directory);
  if (context.runtime === 'nodejs') checkNodeModules(directory);
  if (context.runtime !== 'python') return files;
  const { architecture } = compileOptions(context, options).platform;
  return [...files, ...vendorWheels({ directory, architecture, python: context.python })];
}

function readBundle(entry: string, context: CodeContext, options: BundleOptions): ReadCode {
  const { baseDirectory, runtime } = context;
  if (runtime !== 'nodejs') throw new PlatformError('CODE_INVALID', `Code.bundle is for runtime nodejs, not for ${runtime}; use Code.fromDirectory`);
  const { files, inputs } = bundle({ ...options, folder: baseDirectory, entry, module: moduleOf(context) });
  return { files, sources: inputs };
}

function readOneFile(file: string): Uint8Array {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats) throw new PlatformError('CODE_INVALID', `the code file ${file} does not exist`, { details: { file } });
  if (!stats.isFile()) throw new PlatformError('CODE_INVALID', `${file} is not a file; for a folder use Code.fromDirectory`, { details: { file } });
  if (stats.size > MAX_PACKAGE_BYTES)
    throw new PlatformError('CODE_INVALID', `${file} has ${stats.size} bytes, more than the ${MAX_PACKAGE_BYTES} (64 MiB) of a package`, {
      details: { file },
    });
  return readFileSync(file);
}

function compiled(source: PackageFile, context: CodeContext, options: CodeOptions): readonly PackageFile[] {
  return compileFile(context.runtime, source, compileOptions(context, options)) ?? [source];
}

function compileOptions({ handler, platform }: CodeContext, { architecture = CLUSTER_PLATFORM.architecture }: CodeOptions): CompileOptions {
  return { handler, platform: platform ?? { ...CLUSTER_PLATFORM, architecture } };
}

/** What the handler calls its module: `src/index` of `src/index.handler`. */
function moduleOf({ handler }: CodeContext): string {
  return handler.slice(0, handler.lastIndexOf('.'));
}
