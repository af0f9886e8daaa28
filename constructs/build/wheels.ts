import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import { decodePackage, encodePackage, MAX_PACKAGE_BYTES, MAX_PACKAGE_FILES, type PackageFile } from '../../protocol/package.ts';
import type { Architecture } from './platform.ts';
import { installWheels } from './python-pip.ts';
import { readRequirements } from './python-requirements.ts';
import { imageTarget, machineTarget, type PythonTarget } from './python-target.ts';
import { cached } from './user-cache.ts';

export interface WheelsOptions {
  /** Absolute; the function's folder. */
  readonly directory: string;
  /** Of the nodes, which run it with the Python of the runtime image. */
  readonly architecture: Architecture;
  /** The interpreter on this machine that runs it instead. */
  readonly python: string | undefined;
}

const FOLDER = 'site-packages';
const LAYER = 'layer.pkg';
/** Not the package's own, made where it is installed, or different at each installation. */
const LEFT_OUT = /(^|\/)__pycache__\/|\.py[co]$|^bin\/|^[^/]+\.dist-info\/(RECORD|INSTALLER|REQUESTED|direct_url\.json)$/;

/**
 * What a Python function's `requirements.txt` names, as files of its package below `site-packages`: installed from wheels, once for equal requirements, Python and platform.
 * Nothing, where there is no such file, or the folder has what it names already: in `site-packages`, or beside the code.
 *
 * @throws PlatformError TOOLCHAIN_MISSING without pip; CODE_INVALID for what cannot be installed from wheels, or is too large
 */
export function vendorWheels({ directory, architecture, python }: WheelsOptions): readonly PackageFile[] {
  if (!existsSync(join(directory, 'requirements.txt')) || isInstalled(directory)) return [];
  const requirements = readRequirements(directory);
  if (requirements === undefined) return [];
  const target = python === undefined ? imageTarget(architecture) : machineTarget(python);
  const installer = python ?? process.env['FIB_PYTHON'] ?? 'python3';
  const files = readLayer(requirements, target, (folder) => installWheels({ directory, folder, python: installer, target }));
  return files.map(({ path, bytes }) => ({ path: `${FOLDER}/${path}`, bytes }));
}

function isInstalled(directory: string): boolean {
  return readdirSync(directory).some((name) => name === FOLDER || name.endsWith('.dist-info'));
}

/** Functions with equal requirements share the work of all projects on this machine. */
function readLayer(requirements: string, target: PythonTarget, install: (folder: string) => void): readonly PackageFile[] {
  const recipe = JSON.stringify([requirements, target]);
  const layer = cached('python-wheels', recipe, (folder) => {
    const installed = join(folder, 'installed');
    install(installed);
    const files = readInstalled(installed);
    checkSize(files);
    writeFileSync(join(folder, LAYER), encodePackage(files).bytes);
  });
  layer.ensure();
  return decodePackage(readFileSync(join(layer.folder, LAYER)));
}

function readInstalled(folder: string): PackageFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(folder.length + 1).replaceAll('\\', '/');
    return entry.isFile() && !LEFT_OUT.test(path) ? [{ path, bytes: readFileSync(file) }] : [];
  });
}

/** @throws PlatformError CODE_INVALID naming what takes the most room */
function checkSize(files: readonly PackageFile[]): void {
  const total = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (total <= MAX_PACKAGE_BYTES && files.length <= MAX_PACKAGE_FILES) return;
  const sizes = new Map<string, number>();
  for (const { path, bytes } of files) {
    const [top = path] = path.split('/');
    sizes.set(top, (sizes.get(top) ?? 0) + bytes.length);
  }
  const largest = [...sizes].sort((a, b) => b[1] - a[1]).slice(0, 3);
  throw new PlatformError(
    'CODE_INVALID',
    `what requirements.txt names has ${files.length} files of ${mebibytes(total)}, more than the ${MAX_PACKAGE_FILES} files and 64 MiB of a package; ` +
      `the largest are ${largest.map(([name, size]) => `${name} (${mebibytes(size)})`).join(', ')}: leave out what the function does not need, or put it into an image of the pool`,
  );
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
