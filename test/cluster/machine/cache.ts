import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Something that takes long to make, kept in a folder named after what it is made from. */
export interface CachePart {
  readonly cache: string;
  readonly name: string;
  /** All that decides what comes out. */
  readonly recipe: string;
  /** Makes it in the folder `work`, which is renamed to `folder` when it is complete. */
  readonly build: (work: string, folder: string) => Promise<void>;
}

/** Where a part is or will be. */
function partFolder({ cache, name, recipe }: Pick<CachePart, 'cache' | 'name' | 'recipe'>): string {
  const digest = createHash('sha256').update(recipe).update(process.arch).digest('hex').slice(0, 16);
  return join(cache, `${name}-${digest}`);
}

/** The folder of a part, which is made where it is not there. Of two processes that want the same, one makes it and the other waits. */
export async function ensurePart(part: CachePart): Promise<string> {
  const folder = partFolder(part);
  if (existsSync(folder)) return folder;
  mkdirSync(part.cache, { recursive: true });
  const unlock = await lock(`${folder}.lock`);
  try {
    if (existsSync(folder)) return folder;
    const work = `${folder}.work`;
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work);
    await part.build(work, folder);
    renameSync(work, folder);
    return folder;
  } finally {
    unlock();
  }
}

/** The contents of a folder as one text, for a recipe. */
export function folderRecipe(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  const plain = files.filter((file) => statSync(file).isFile()).toSorted();
  return plain.map((file) => `${relative(dirname(folder), file)}\n${readFileSync(file, 'utf8')}`).join('\n');
}

/** Waits until nobody else has the lock. What a killed process held is free. @returns gives it back */
export async function lock(file: string): Promise<() => void> {
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (isHolderGone(file)) rmSync(file, { force: true });
    else await sleep(500);
  }
}

function isHolderGone(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    // An empty file is one that is being written.
    return pid > 0 && !existsSync(`/proc/${pid}`);
  } catch {
    return false;
  }
}
