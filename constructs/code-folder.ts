import { readdirSync, readFileSync, realpathSync, statSync, type Stats } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { PlatformError } from '../protocol/errors.ts';
import { MAX_PACKAGE_BYTES, MAX_PACKAGE_FILES, type PackageFile } from '../protocol/package.ts';

const IGNORED_NAMES = new Set(['.git', '.hg', '.svn', '.idea', '.vscode', '.DS_Store', 'Thumbs.db', '__pycache__', '.env', '.venv', '.fib']);
const IGNORED_PATTERN = /^\.env\.|~$|\.sw[a-p]$|\.pyc$|^\.#|^#.*#$/;

/** Whether a file or folder of this name stays out of packages. */
export function isIgnored(name: string): boolean {
  return IGNORED_NAMES.has(name) || IGNORED_PATTERN.test(name);
}

/**
 * The files of a code folder.
 * @throws PlatformError CODE_INVALID: folder missing or empty, a link that leads out of it or nowhere, a file of another kind, too many or too large files
 */
export function readFolder(folder: string): PackageFile[] {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats) throw invalid(folder, `the code folder ${folder} does not exist; correct the path, which starts from the stack file’s folder`);
  if (!stats.isDirectory()) throw invalid(folder, `${folder} is not a folder; for a single file use Code.fromFile`);
  const found = new Map<string, Stats>();
  collect({ root: realpathSync(folder), folder, found }, folder, []);
  if (found.size === 0) throw invalid(folder, `the code folder ${folder} is empty; a package needs at least the handler’s module`);
  checkSizes(folder, found);
  return [...found.keys()].map((path) => ({ path: relative(folder, path).split(sep).join('/'), bytes: readFileSync(path) }));
}

interface Walk {
  readonly root: string;
  readonly folder: string;
  readonly found: Map<string, Stats>;
}

function collect(walk: Walk, folder: string, parents: readonly string[]): void {
  const real = realpathSync(folder);
  if (parents.includes(real)) throw invalid(folder, `${inFolder(walk, folder)} is a link to a folder that holds it; remove the link`);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (isIgnored(entry.name)) continue;
    const path = join(folder, entry.name);
    const stats = entry.isSymbolicLink() ? followLink(walk, path) : statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) collect(walk, path, [...parents, real]);
    else if (stats?.isFile()) walk.found.set(path, stats);
    else if (stats) throw invalid(path, `${inFolder(walk, path)} is neither a file nor a folder; remove it`);
    if (walk.found.size > MAX_PACKAGE_FILES) {
      throw invalid(
        walk.folder,
        `the code folder ${walk.folder} has more than the ${MAX_PACKAGE_FILES} files that a package holds; leave out what the function does not need`,
      );
    }
  }
}

function followLink(walk: Walk, path: string): Stats {
  let target: string;
  try {
    target = realpathSync(path);
  } catch (cause) {
    throw invalid(path, `${inFolder(walk, path)} is a link to nothing; remove or correct it`, cause);
  }
  if (target !== walk.root && !target.startsWith(walk.root + sep)) {
    throw invalid(path, `${inFolder(walk, path)} is a link to ${target}, out of the code folder; copy the file into ${walk.folder} instead`);
  }
  return statSync(target);
}

function checkSizes(folder: string, found: ReadonlyMap<string, Stats>): void {
  const total = [...found.values()].reduce((sum, { size }) => sum + size, 0);
  if (total <= MAX_PACKAGE_BYTES) return;
  const [largest, stats] = [...found].reduce((a, b) => (b[1].size > a[1].size ? b : a));
  throw invalid(
    folder,
    `the code folder ${folder} has ${total} bytes, more than the ${MAX_PACKAGE_BYTES} (64 MiB) of a package; the largest file is ${relative(folder, largest)} with ${stats.size} bytes`,
  );
}

function inFolder(walk: Walk, path: string): string {
  return `"${relative(walk.folder, path)}" in the code folder ${walk.folder}`;
}

function invalid(file: string, message: string, cause?: unknown): PlatformError {
  return new PlatformError('CODE_INVALID', message, { details: { file }, cause });
}
