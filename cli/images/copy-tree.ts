import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Copies the files whose path below `from` is accepted. */
export function copyTree(from: string, to: string, accept: (path: string) => boolean): void {
  for (const path of listFiles(from).filter(accept)) {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    copyFileSync(join(from, path), join(to, path));
  }
}

/** Paths of all files below a folder, in order; what other packages bring of their own (`node_modules`) is left out. */
function listFiles(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listFiles(folder, path);
      return entry.isFile() ? [path] : [];
    });
}
