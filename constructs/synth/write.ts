import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import { clearTextProblems } from './clear-text.ts';
import { DELIVERIES, type Delivery } from './delivery.ts';
import { INDEX, KUSTOMIZATION, listedManifests, listedPaths, PACKAGES, shardsOf } from './layout.ts';
import { type SynthResult, type TreeName, TREES } from './object.ts';
import { problemsError } from './problem.ts';
import { shardFolder } from './shards.ts';
import { renderFiles, type TreeFile } from './tree-files.ts';

export interface WriteReport {
  /** Paths below the output folder that were made or changed. */
  readonly written: readonly string[];
  /** Paths that an earlier synthesis had written and that are no more. */
  readonly removed: readonly string[];
  readonly unchanged: number;
}

export interface WriteOptions {
  /** Who brings the tree into a cluster. @default - none: `kubectl apply -k` */
  readonly delivery?: Delivery | undefined;
}

/**
 * Writes a result below a folder: the trees `platform/` and `functions/`, where they have objects, with one file an object, `<kind>/<namespace>.<name>.yaml`, a `kustomization.yaml` and an
 * `index.yaml` from file to construct; and `packages/<hex>.pkg` for packages that are too large for a ConfigMap. With a delivery, files lie in shards of their tree, where they stay for good.
 * Only what changed is written. What an earlier synthesis wrote (by its kustomization) and this one does not have is removed, nothing else. The same result again changes nothing.
 * @throws PlatformError SECRET_IN_CLEAR, with nothing written, where a secret value would be in a file; USAGE where an earlier tree has shards and nobody says for whom
 */
export function writeSynth(folder: string, result: SynthResult, { delivery }: WriteOptions = {}): WriteReport {
  checkClearText(result);
  const earlier = new Map(TREES.map((tree) => [tree, earlierManifests(folder, tree)]));
  const shards = (tree: TreeName) => shardsOf(earlier.get(tree) ?? []);
  if (!delivery && TREES.some((tree) => shards(tree).size > 0)) throw shardedTree(folder);
  const before = [...TREES.flatMap((tree) => earlierFiles(folder, tree, earlier.get(tree) ?? [])), ...earlierDeliveries(folder), ...storedPackages(folder)];
  const { manifests, indexes } = renderFiles(result, { delivery, shards });
  const written: string[] = [];
  const put = ([path, content]: TreeFile): void => {
    if (writeChanged(join(folder, path), content())) written.push(path);
  };
  manifests.forEach(put);
  const kept = new Set([...manifests, ...indexes].map(([path]) => path));
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
  if (holds(path, content)) return false;
  try {
    writeFileSync(path, content);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return true;
}

/** Whether the file is this, byte for byte. Its size is asked first: of tens of thousands of files most need not be read, nor an error made for each that is not there. */
function holds(path: string, content: string | Uint8Array): boolean {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size !== (typeof content === 'string' ? Buffer.byteLength(content) : content.length)) return false;
  const bytes = readFileSync(path);
  return typeof content === 'string' ? bytes.toString() === content : bytes.equals(content);
}

/** Manifests that an earlier synthesis wrote of a tree: paths below it. */
function earlierManifests(folder: string, tree: TreeName): string[] {
  return listedManifests((path) => readIfThere(join(folder, tree, path))?.toString());
}

function earlierFiles(folder: string, tree: TreeName, manifests: readonly string[]): string[] {
  if (!existsSync(join(folder, tree, KUSTOMIZATION))) return [];
  const shards = new Set(shardsOf(manifests).values());
  const indexes = [KUSTOMIZATION, INDEX, ...[...shards].map((shard) => `${shardFolder(shard)}/${KUSTOMIZATION}`)];
  return [...manifests, ...indexes].map((path) => `${tree}/${path}`);
}

function earlierDeliveries(folder: string): string[] {
  return DELIVERIES.flatMap((kind) => {
    const kustomization = readIfThere(join(folder, kind, KUSTOMIZATION))?.toString();
    if (kustomization === undefined) return [];
    return [...listedPaths(kustomization).filter((path) => /^[a-z]+\.[a-z0-9.-]+\.yaml$/.test(path)), KUSTOMIZATION].map((path) => `${kind}/${path}`);
  });
}

function shardedTree(folder: string): PlatformError {
  const message = `${folder} is cut into shards for Argo CD or Flux: give --argocd or --flux as before, or write to another folder with --out`;
  return new PlatformError('USAGE', message);
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
