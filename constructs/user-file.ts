import { basename, dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(dirname(fileURLToPath(import.meta.url)));
const root = basename(here) === 'dist' ? dirname(here) : here;
// Sources and compiled files alike: the loader may run from the one while the stack imports the other.
const ownFolders = [root, `${root}${sep}dist`].flatMap((folder) => ['constructs', 'protocol', 'stacks'].map((name) => `${folder}${sep}${name}${sep}`));

/** Whether a file is the user's: in no `node_modules` and not of this package. */
export function isUserFile(file: string): boolean {
  return !file.includes(`${sep}node_modules${sep}`) && !ownFolders.some((folder) => file.startsWith(folder));
}
