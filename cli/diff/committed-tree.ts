import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import { idOf } from '../../constructs/synth/group-kind.ts';
import { INDEX, isShardKustomization, KUSTOMIZATION, listedManifests, readIndex, withoutShard } from '../../constructs/synth/layout.ts';
import { type KubernetesObject, TREES } from '../../constructs/synth/object.ts';
import { PlatformError } from '../../protocol/errors.ts';
import type { GitFolder } from './git.ts';

/** One manifest that a commit has and that differs from what is wanted, or is wanted no more. */
export interface CommittedObject {
  readonly id: string;
  /** Path of the construct that it came from, where the commit tells. */
  readonly path?: string | undefined;
  readonly object: KubernetesObject;
}

/** The manifests of a commit against those that are wanted. */
export interface Committed {
  /** Paths of those that are there byte for byte. */
  readonly same: ReadonlySet<string>;
  /** The others of the commit: they differ, or are wanted no more. */
  readonly others: readonly CommittedObject[];
}

/**
 * What others wrote beside the manifests is left out: a tree's kustomization says what is its own.
 * @param wanted the manifests as they are synthesized now, by their path without a shard
 * @throws PlatformError GIT_FAILED where the commit has no tree there, or a manifest of it cannot be read
 */
export async function readCommitted(git: GitFolder, wanted: ReadonlyMap<string, string>, place: string): Promise<Committed> {
  const constructs = await listCommitted(git);
  const listed = [...constructs.keys()].filter((path) => git.blobs.has(path));
  if (listed.length === 0) {
    const message = `${place} has no synthesized tree: commit what \`fib synth --out\` writes, or name its folder with --out`;
    throw new PlatformError('GIT_FAILED', message);
  }
  const hashOf = (path: string) => git.blobs.get(path) ?? '';
  const isSame = (path: string) => {
    const content = wanted.get(withoutShard(path));
    return content !== undefined && blobHash(content, hashOf(path).length) === hashOf(path);
  };
  const [same = [], differing = []] = [true, false].map((wish) => listed.filter((path) => isSame(path) === wish));
  const blobs = await git.read(differing.map(hashOf));
  const others = differing.map((path, index) => {
    const object = parseManifest(blobs[index]?.toString() ?? '', `${path} in ${place}`);
    return { id: idOf(object), path: constructs.get(path), object };
  });
  return { same: new Set(same.map(withoutShard)), others };
}

/** Paths of the manifests, each with its construct. */
async function listCommitted(git: GitFolder): Promise<Map<string, string | undefined>> {
  const indexes = TREES.flatMap((tree) => [KUSTOMIZATION, INDEX].map((name) => `${tree}/${name}`));
  const shards = [...git.blobs.keys()].filter(isShardKustomization);
  const there = [...indexes, ...shards].filter((path) => git.blobs.has(path));
  const blobs = await git.read(there.map((path) => git.blobs.get(path) ?? ''));
  const texts = new Map(there.map((path, index) => [path, blobs[index]?.toString() ?? '']));
  return new Map(
    TREES.flatMap((tree) => {
      const constructs = readIndex(texts.get(`${tree}/${INDEX}`) ?? '');
      return listedManifests((path) => texts.get(`${tree}/${path}`)).map((path) => [`${tree}/${path}`, constructs.get(path)] as const);
    }),
  );
}

/** What git calls a file with this content: SHA-1, in newer repositories SHA-256 (git-hash-object). */
function blobHash(content: string, hexDigits: number): string {
  const bytes = Buffer.from(content);
  const hash = createHash(hexDigits === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

function parseManifest(yaml: string, place: string): KubernetesObject {
  let value: unknown;
  try {
    value = parse(yaml, { version: '1.1' });
  } catch (cause) {
    throw new PlatformError('GIT_FAILED', `${place} is no YAML (${(cause as Error).message.split('\n')[0]}): synthesize and commit it anew`, { cause });
  }
  const { apiVersion, kind, metadata } = (value ?? {}) as Partial<KubernetesObject>;
  if (typeof apiVersion === 'string' && typeof kind === 'string' && typeof metadata?.name === 'string') return value as KubernetesObject;
  throw new PlatformError('GIT_FAILED', `${place} is no Kubernetes object: synthesize and commit it anew`);
}
