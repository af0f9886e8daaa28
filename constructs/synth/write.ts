import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KUSTOMIZATION, MANIFEST_PATH, MANIFESTS, manifestPath, packageFile, PACKAGES, renderKustomization } from './layout.ts';
import type { SynthResult } from './object.ts';
import { renderYaml } from '../../protocol/yaml.ts';

export interface WriteReport {
  /** Paths below the output folder that were made or changed. */
  readonly written: readonly string[];
  /** Paths that an earlier synthesis had written and that are no more. */
  readonly removed: readonly string[];
  readonly unchanged: number;
}

/**
 * Writes a result below a folder: `functions/<kind>/<namespace>.<name>.yaml`, one file an object, `functions/kustomization.yaml`, and `packages/<hex>.pkg`.
 * Only what changed is written. What an earlier synthesis wrote (by its kustomization) and this one does not have is removed, nothing else. The same result again changes nothing.
 */
export function writeSynth(folder: string, result: SynthResult): WriteReport {
  const before = [...listedManifests(folder), ...storedPackages(folder)];
  const tally = { written: [] as string[], unchanged: 0 };
  const kept = new Set<string>();
  const put = (path: string, content: string | Uint8Array): void => {
    kept.add(path);
    if (writeChanged(join(folder, path), content)) tally.written.push(path);
    else tally.unchanged++;
  };
  for (const { object } of result.objects) put(`${MANIFESTS}/${manifestPath(object)}`, renderYaml(object));
  for (const [digest, bytes] of result.packages) put(`${PACKAGES}/${packageFile(digest)}`, bytes);
  const removed = before.filter((path) => !kept.has(path));
  removed.forEach((path) => removeFile(folder, path));
  put(`${MANIFESTS}/${KUSTOMIZATION}`, renderKustomization(result));
  return { ...tally, removed };
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

/** What the kustomization of an earlier synthesis lists. It is one of ours or nothing is taken from it, so a YAML parser is not needed. */
function listedManifests(folder: string): string[] {
  const text = readIfThere(join(folder, MANIFESTS, KUSTOMIZATION))?.toString() ?? '';
  const listed = text.split('\n').map((line) => /^ {2}- "?([^"]+)"?$/.exec(line)?.[1] ?? '');
  return listed.filter((path) => MANIFEST_PATH.test(path) && !path.includes('..')).map((path) => `${MANIFESTS}/${path}`);
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
