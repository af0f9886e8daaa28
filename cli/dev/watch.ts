import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Quiet for this long after the last notice: an editor's write is complete. */
const SETTLE_MS = 12;
/** Reported at the latest after this much unrest. */
const MAX_WAIT_MS = 150;
const UNWATCHED = new Set(['.git', '.hg', '.svn', '.fib', '.cache', '__pycache__']);

export interface SourceWatch {
  /** Watches these files and folders (with all below them), and no others. */
  set(sources: readonly string[]): void;
  close(): void;
}

/**
 * Tells which paths were saved, in batches. Folders are watched one by one, not files, because editors replace a file by renaming another one over it.
 * Inside of `node_modules` only the folder itself is watched; npm writes its lock file there.
 */
export function watchSources(onChange: (paths: readonly string[]) => void): SourceWatch {
  const watchers = new Map<string, FSWatcher>();
  const changed = new Set<string>();
  let sources: readonly string[] = [];
  let files = new Set<string>();
  let settle: NodeJS.Timeout | undefined;
  let since = 0;

  const report = () => {
    settle = undefined;
    const paths = [...changed];
    changed.clear();
    align();
    onChange(paths);
  };
  const notice = (path: string) => {
    if (!files.has(path) && !sources.some((source) => path.startsWith(`${source}/`))) return;
    if (changed.size === 0) since = performance.now();
    changed.add(path);
    clearTimeout(settle);
    settle = setTimeout(report, Math.max(0, Math.min(SETTLE_MS, since + MAX_WAIT_MS - performance.now())));
  };
  const align = () => {
    const wanted = new Set(sources.flatMap((source) => (isFolder(source) ? [dirname(source), ...foldersBelow(source)] : [dirname(source)])));
    for (const [folder, watcher] of watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      watchers.delete(folder);
    }
    for (const folder of wanted) if (!watchers.has(folder)) begin(folder);
  };
  const begin = (folder: string) => {
    try {
      const watcher = watch(folder, (_event, name) => name !== null && !UNWATCHED.has(basename(name)) && notice(join(folder, name)));
      watcher.on('error', () => watchers.delete(folder) && watcher.close());
      watchers.set(folder, watcher);
    } catch {
      // It is gone; when it comes back, its parent says so.
    }
  };
  return {
    set(next) {
      sources = next;
      files = new Set(next);
      align();
    },
    close() {
      clearTimeout(settle);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}

function foldersBelow(folder: string): string[] {
  if (basename(folder) === 'node_modules') return [folder];
  try {
    const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !UNWATCHED.has(entry.name));
    return [folder, ...inner.flatMap((entry) => foldersBelow(join(folder, entry.name)))];
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
