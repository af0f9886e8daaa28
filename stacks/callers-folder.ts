import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getCallSites } from 'node:util';
import { isUserFile } from '../constructs/user-file.ts';

/** Folder of the nearest caller that is neither of this package nor of another one. Pulumi starts programs in a folder that depends on the project, so it is no base for paths. */
export function callersFolder(): string {
  const files = getCallSites(100).map(({ scriptName }) => (scriptName.startsWith('file:') ? fileURLToPath(scriptName) : scriptName));
  const file = files.find((name) => name.startsWith('/') && isUserFile(name));
  return file === undefined ? process.cwd() : dirname(file);
}
