import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PackageFile } from './decode.ts';

const WRITERS = 8;

/** Writes checked files below `folder`, which must be new. */
export async function unpackTo(folder: string, files: readonly PackageFile[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const parent of new Set(files.map(({ path }) => dirname(path)))) {
    if (parent !== '.') await mkdir(join(folder, parent), { recursive: true });
  }
  const queue = files.values();
  const writer = async () => {
    for (const { path, bytes } of queue) await writeFile(join(folder, path), bytes, { flag: 'wx' });
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
}
