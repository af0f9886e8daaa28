import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { command } from './command.ts';

export interface ImageOptions {
  /** Name and tag, such as `localhost/x:1`. */
  readonly name: string;
  /** Folder that holds the image's files. */
  readonly files: string;
  /** What containers run when they say nothing else. */
  readonly entrypoint?: readonly string[];
}

const ARCH = process.arch === 'arm64' ? 'arm64' : 'amd64';
const TYPE = 'application/vnd.oci.image';

/** Writes an image of one layer as an archive in the form of the OCI image layout. Source: the OCI image specification. */
export async function writeOciArchive(archive: string, { name, files, entrypoint }: ImageOptions): Promise<void> {
  const work = `${archive}.layout`;
  const blobs = join(work, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const layer = await addLayer(blobs, files);
  const config = addJson(blobs, `${TYPE}.config.v1+json`, {
    architecture: ARCH,
    os: 'linux',
    config: { ...(entrypoint ? { Entrypoint: entrypoint } : {}), Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
    // Builders that add layers want one entry a layer.
    history: [{ created_by: name }],
  });
  const manifest = addJson(blobs, `${TYPE}.manifest.v1+json`, { schemaVersion: 2, mediaType: `${TYPE}.manifest.v1+json`, config, layers: [layer] });
  const named = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': name } };
  writeFileSync(join(work, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  writeFileSync(join(work, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  await command('tar', ['-cf', archive, '-C', work, 'oci-layout', 'index.json', 'blobs']);
  rmSync(work, { recursive: true });
}

interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

async function addLayer(blobs: string, files: string): Promise<Blob> {
  const tar = join(dirname(blobs), 'layer.tar');
  await command('tar', ['--numeric-owner', '--sort=name', '-cf', tar, '-C', files, '.']);
  const hash = createHash('sha256');
  await pipeline(createReadStream(tar), hash);
  const [hex, { size }] = [hash.digest('hex'), statSync(tar)];
  renameSync(tar, join(blobs, hex));
  return { mediaType: `${TYPE}.layer.v1.tar`, digest: `sha256:${hex}`, size };
}

function addJson(blobs: string, mediaType: string, value: object): Blob {
  const text = JSON.stringify(value);
  const hex = createHash('sha256').update(text).digest('hex');
  writeFileSync(join(blobs, hex), text);
  return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
}
