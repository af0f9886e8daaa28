import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../kit/store/store.ts';
import { API_VERSION } from '../../protocol/names.ts';
import { type AnyResource, isKindName, type KindName } from '../../protocol/schema/resources.ts';

/** Kinds that a stack declares; Revisions are the scaler's. */
const DECLARED = ['PodPool', 'Function', 'Trigger', 'ScalingRule'] as const satisfies readonly KindName[];

export interface Changes {
  readonly applied: readonly string[];
  readonly removed: readonly string[];
}

/** Our resources among a stack's objects. */
export function resourcesOf(objects: readonly { readonly object: unknown }[]): AnyResource[] {
  return objects.flatMap(({ object }) => {
    const { apiVersion, kind } = object as { apiVersion?: unknown; kind?: unknown };
    return apiVersion === API_VERSION && isKindName(kind) ? [object as AnyResource] : [];
  });
}

/** Makes the store hold what the stack declares, and nothing else unless `keepOthers` is set; objects that are equal already are left as they are. */
export async function reconcile(store: Store, wanted: readonly AnyResource[], { keepOthers = false } = {}): Promise<Changes> {
  const existing = (await Promise.all(DECLARED.map((kind): Promise<AnyResource[]> => store.list(kind)))).flat();
  const before = new Map(existing.map((object) => [idOf(object), object.metadata.resourceVersion]));
  const stored = await Promise.all(wanted.map((object) => store.apply(object)));
  const kept = new Set(wanted.map(idOf));
  const superfluous = keepOthers ? [] : existing.filter((object) => !kept.has(idOf(object)));
  await Promise.all(superfluous.map(({ kind, metadata }) => store.remove(kind, metadata.namespace, metadata.name)));
  return {
    applied: stored.filter((object) => before.get(idOf(object)) !== object.metadata.resourceVersion).map(idOf),
    removed: superfluous.map(idOf),
  };
}

/** Writes packages that are not there yet as `<hex>.pkg`; each appears whole. */
export async function writePackages(dir: string, packages: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await Promise.all([...packages].map(([digest, bytes]) => writePackage(join(dir, packageFile(digest)), bytes)));
}

/** Removes packages that no Function and no Revision names. */
export async function prunePackages(dir: string, store: Store): Promise<void> {
  const [functions, revisions] = await Promise.all([store.list('Function'), store.list('Revision')]);
  const specs = [...functions.map(({ spec }) => spec), ...revisions.map(({ spec }) => spec.snapshot)];
  const used = new Set(specs.flatMap((spec) => (spec.package ? [packageFile(spec.package.digest)] : [])));
  const superfluous = (await readdir(dir)).filter((name) => !used.has(name));
  await Promise.all(superfluous.map((name) => rm(join(dir, name), { force: true })));
}

async function writePackage(file: string, bytes: Uint8Array): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there?.size === bytes.length) return;
  const draft = `${file}.${process.pid}.tmp`;
  await writeFile(draft, bytes, { mode: 0o600 });
  await rename(draft, file);
}

function packageFile(digest: string): string {
  return `${digest.slice('sha256:'.length)}.pkg`;
}

/** `Function/default/hello`. */
export function idOf({ kind, metadata }: AnyResource): string {
  return `${kind}/${metadata.namespace}/${metadata.name}`;
}
