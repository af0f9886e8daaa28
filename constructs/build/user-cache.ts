import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where what was made once is kept for all projects of a user: `XDG_CACHE_HOME` (XDG Base Directory Specification), else `~/.cache`. */
export function userCacheFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'fibonacci');
}

/** A folder of the cache that is made once, from what a recipe says. */
export interface Cached {
  readonly folder: string;
  /** Makes it where it is not there yet. Several processes may want it at the same time: each makes it, the first one stays. What `make` throws is thrown on, and nothing is kept. */
  ensure(): void;
}

/**
 * @param name of the kind, such as `go-watcher`
 * @param recipe says all that goes into it
 * @param make fills an empty folder
 */
export function cached(name: string, recipe: string, make: (folder: string) => void): Cached {
  const folder = join(userCacheFolder(), `${name}-${createHash('sha256').update(recipe).digest('hex').slice(0, 32)}`);
  return {
    folder,
    ensure() {
      if (existsSync(folder)) return;
      mkdirSync(dirname(folder), { recursive: true });
      const work = mkdtempSync(`${folder}.`);
      try {
        make(work);
        renameSync(work, folder);
      } catch (error) {
        rmSync(work, { recursive: true, force: true });
        if (!existsSync(folder)) throw error;
      }
    },
  };
}

/** A text that changes with the names and the content of a folder's files. */
export function folderRecipe(folder: string, accept: (path: string) => boolean = () => true): string {
  const hash = createHash('sha256');
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => accept(path) && statSync(join(folder, path)).isFile());
  for (const path of paths.sort()) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(folder, path)))
      .update('\0');
  }
  return hash.digest('hex');
}
