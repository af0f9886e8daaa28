import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { clearTextProblems } from './clear-text.ts';
import { INDEX, KUSTOMIZATION, listedManifests, PACKAGES } from './layout.ts';
import { type SynthResult, type TreeName, TREES } from './object.ts';
import { problemsError } from './problem.ts';
import { indexFiles, manifestFiles, type TreeFile } from './tree-files.ts';

export interface WriteReport {
  /** Paths below the output folder that were made or changed. */
  readonly written: readonly string[];
  /** Paths that an earlier synthesis had written and that are no more. */
  readonly removed: readonly string[];
  readonly unchanged: number;
}

/**
 * Writes a result below a folder: the trees `platform/` and `functions/`, where they have objects, with one file an object, `<kind>/<namespace>.<name>.yaml`, a `kustomization.yaml` and an
 * `index.yaml` from file to construct; and `packages/<hex>.pkg` for packages that are too large for a ConfigMap.
 * Only what changed is written. What an earlier synthesis wrote (by its kustomization) and this one does not have is removed, nothing else. The same result again changes nothing.
 * @throws PlatformError SECRET_IN_CLEAR, with nothing written, where a secret value would be in a file
 */
export function writeSynth(folder: string, result: SynthResult): WriteReport {
  checkClearText(result);
  const before = [...TREES.flatMap((tree) => earlierFiles(folder, tree)), ...storedPackages(folder)];
  const files = manifestFiles(result);
  const indexes = indexFiles(result);
  const written: string[] = [];
  const put = ([path, content]: TreeFile): void => {
    if (writeChanged(join(folder, path), content)) written.push(path);
  };
  files.forEach(put);
  const kept = new Set([...files, ...indexes].map(([path]) => path));
  const removed = before.filter((path) => !kept.has(path));
  removed.forEach((path) => removeFile(folder, path));
  // Last: until it is there, the earlier one tells what is to be removed.
  indexes.forEach(put);
  return { written, removed, unchanged: kept.size - written.length };
}

/** @throws PlatformError SECRET_IN_CLEAR with every place where a secret value would be in a file */
export function checkClearText(result: SynthResult): void {
  const problems = clearTextProblems(result);
  if (problems.length > 0) throw problemsError(problems);
}

function writeChanged(path: string, content: string | Uint8Array): boolean {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  if (readIfThere(path)?.equals(bytes)) return false;
  try {
    writeFileSync(path, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  return true;
}

/** What an earlier synthesis wrote of a tree. */
function earlierFiles(folder: string, tree: TreeName): string[] {
  const read = (path: string) => readIfThere(join(folder, tree, path))?.toString();
  if (read(KUSTOMIZATION) === undefined) return [];
  return [...listedManifests(read), KUSTOMIZATION, INDEX].map((path) => `${tree}/${path}`);
}

function storedPackages(folder: string): string[] {
  try {
    return readdirSync(join(folder, PACKAGES))
      .filter((name) => /^[0-9a-f]{64}\.pkg$/.test(name))
      .map((name) => `${PACKAGES}/${name}`);
  } catch {
    return [];
  }
}

function removeFile(folder: string, path: string): void {
  rmSync(join(folder, path), { force: true });
  try {
    rmdirSync(join(folder, dirname(path)));
  } catch {
    // Not empty: other objects of the kind are left.
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
