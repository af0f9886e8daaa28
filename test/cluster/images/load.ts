import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterFolders } from '../machine/folders.ts';
import { importImage } from '../machine/machine.ts';
import { NODES } from '../machine/plan.ts';
import { buildTestImages, type TestImage } from './test-images.ts';

/** Builds what changed and imports it on both nodes; pods then name it with the pull policy `IfNotPresent`. What the nodes have is not imported again. */
export async function loadTestImages(say: (line: string) => void = () => undefined): Promise<void> {
  for (const image of await buildTestImages(say)) await loadImage(image, say);
}

async function loadImage({ reference, archive, digest }: TestImage, say: (line: string) => void): Promise<void> {
  const folders = clusterFolders();
  // It goes when the cluster goes.
  const loaded = join(folders.state, 'images');
  const stamp = join(loaded, encodeURIComponent(reference));
  if (readText(stamp) === digest) return;
  say(`loading ${reference}`);
  await Promise.all(NODES.map((plan) => importImage(folders, plan, archive)));
  mkdirSync(loaded, { recursive: true });
  writeFileSync(stamp, digest);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
