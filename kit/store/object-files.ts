import { readdir, readFile } from 'node:fs/promises';
import type { KindName, ResourceOf } from '../../protocol/schema/resources.ts';
import { parseResource } from '../../protocol/schema/validate.ts';

/** Names of the objects in a kind's folder. */
export async function objectFiles(dir: string): Promise<{ namespace: string; name: string }[]> {
  const names = await readdir(dir);
  return names.flatMap((file) => {
    const match = /^([a-z][-a-z0-9]*)\.([a-z][-a-z0-9]*)\.json$/.exec(file);
    return match?.[1] && match[2] ? [{ namespace: match[1], name: match[2] }] : [];
  });
}

/** An object with its status, from the two files' texts. @throws PlatformError SPEC_INVALID, SyntaxError */
export function mergeStatus<K extends KindName>(text: string, statusText: string | undefined): ResourceOf<K> {
  const object = parseResource(JSON.parse(text));
  return (statusText === undefined ? object : { ...object, status: JSON.parse(statusText) }) as ResourceOf<K>;
}

export async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
