import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../machine/cluster.ts';
import { clusterFolders } from '../machine/folders.ts';
import { buildTestImages, type TestImage } from './test-images.ts';

/** Builds what changed and loads it into every node; pods then name it (`TEST_IMAGES`) with the pull policy `IfNotPresent`. What the nodes have is not loaded again. */
export async function loadTestImages(cluster: Pick<Cluster, 'loadImage'>, say: (line: string) => void = () => undefined): Promise<void> {
  for (const image of await buildTestImages(say)) await loadImage(cluster, image, say);
}

async function loadImage(cluster: Pick<Cluster, 'loadImage'>, { reference, archive, digest }: TestImage, say: (line: string) => void): Promise<void> {
  // It goes when the cluster goes.
  const stamps = join(clusterFolders().state, 'images');
  const stamp = join(stamps, encodeURIComponent(reference));
  if (readText(stamp) === digest) return;
  say(`loading ${reference}`);
  await cluster.loadImage(archive);
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, digest);
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
