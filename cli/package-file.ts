import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file at the root of this package, whether we run from sources (`cli/`) or compiled (`dist/cli/`). */
export function packageFile(name: string): string {
  return join(packageRoot(), name);
}

/** A folder that stands beside `cli/`: in the sources, or with its copy in `dist/`. */
export function siblingFolder(name: string): string {
  return join(dirname(import.meta.dirname), name);
}

function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
