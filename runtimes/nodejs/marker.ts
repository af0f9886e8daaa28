import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { FunctionRef } from './control/load-document.ts';

const FILE = 'function.json';

/** The function that this scratch folder belongs to for life (W3.3), or null. */
export async function readMarker(scratch: string): Promise<FunctionRef | null> {
  try {
    return JSON.parse(await readFile(join(scratch, FILE), 'utf8')) as FunctionRef;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Durable when it resolves: the file's and the folder's entries are on disk. */
export async function writeMarker(scratch: string, owner: FunctionRef): Promise<void> {
  const temporary = join(scratch, `${FILE}.new`);
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(JSON.stringify(owner));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(scratch, FILE));
  const folder = await open(scratch, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
