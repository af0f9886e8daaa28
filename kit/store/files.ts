import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../../protocol/digest.ts';
import { type AnyResource, KINDS, type KindName } from '../../protocol/schema/resources.ts';
import { parseResource } from '../../protocol/schema/validate.ts';
import { mergeStatus, objectFiles, readText } from './object-files.ts';
import type { Store } from './store.ts';
import { watchKind } from './watch-files.ts';

/**
 * Resources as watched files: `<dir>/<Kind>/<namespace>.<name>.json`, the status beside it in `….status.json`, so that who declares and who reports never write the same file.
 * Several processes may share the folder; each object has one writer of its spec and one of its status.
 */
export async function createFileStore(dir: string): Promise<Store> {
  await Promise.all(Object.keys(KINDS).map((kind) => mkdir(join(dir, kind), { recursive: true })));
  const watches = new Set<{ close(): Promise<void> }>();
  const inOrder = createLanes();

  const get = async <K extends KindName>(kind: K, namespace: string, name: string) => {
    const text = await readText(join(dir, kind, `${namespace}.${name}.json`));
    return text === undefined ? undefined : mergeStatus<K>(text, await readText(join(dir, kind, `${namespace}.${name}.status.json`)));
  };

  return {
    connected: true,
    get,
    async list(kind) {
      const objects = await Promise.all((await objectFiles(join(dir, kind))).map(({ namespace, name }) => get(kind, namespace, name)));
      return objects.filter((object) => object !== undefined);
    },
    async watch(kind, watch) {
      const watching = await watchKind(join(dir, kind), watch);
      watches.add(watching);
      return watching;
    },
    async apply(object) {
      parseResource(object);
      const { kind, metadata } = object;
      const file = join(dir, kind, `${metadata.namespace}.${metadata.name}.json`);
      return inOrder(file, async () => {
        const previous = await get(kind, metadata.namespace, metadata.name);
        const next = nextVersion(object, previous);
        if (next !== previous) await writeAtomically(file, next);
        return next;
      });
    },
    async applyStatus(kind, namespace, name, status) {
      const file = join(dir, kind, `${namespace}.${name}.json`);
      await inOrder(file, async () => {
        if ((await readText(file)) !== undefined) await writeAtomically(join(dir, kind, `${namespace}.${name}.status.json`), status);
      });
    },
    async remove(kind, namespace, name) {
      const base = join(dir, kind, `${namespace}.${name}`);
      await inOrder(`${base}.json`, async () => {
        await rm(`${base}.json`, { force: true });
        await rm(`${base}.status.json`, { force: true });
      });
    },
    async close() {
      await Promise.all([...watches].map((watching) => watching.close()));
    },
  };
}

/** `previous` itself where nothing changed. */
function nextVersion(object: AnyResource, previous: AnyResource | undefined): AnyResource {
  const { name, namespace, labels, annotations } = object.metadata;
  const declared = { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) };
  const sameSpec = previous !== undefined && canonicalJson(previous.spec) === canonicalJson(object.spec);
  if (previous && sameSpec && canonicalJson(declaredOf(previous)) === canonicalJson(declared)) return previous;
  const metadata = {
    ...declared,
    uid: previous?.metadata.uid ?? randomUUID(),
    generation: (previous?.metadata.generation ?? 0) + (sameSpec ? 0 : 1),
    resourceVersion: String(Number(previous?.metadata.resourceVersion ?? 0) + 1),
    creationTimestamp: previous?.metadata.creationTimestamp ?? new Date().toISOString(),
  };
  return { apiVersion: object.apiVersion, kind: object.kind, metadata, spec: object.spec } as AnyResource;
}

function declaredOf({ metadata: { name, namespace, labels, annotations } }: AnyResource) {
  return { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) };
}

async function writeAtomically(file: string, value: unknown): Promise<void> {
  const temporary = `${file}.${process.pid}-${randomUUID()}.tmp`;
  await writeFile(temporary, JSON.stringify(value), { mode: 0o600 });
  await rename(temporary, file);
}

/** Runs work on one key in order, on different keys side by side. */
function createLanes() {
  const last = new Map<string, Promise<unknown>>();
  return <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const result = (last.get(key) ?? Promise.resolve()).then(work, work);
    const settled = result.catch(() => undefined).finally(() => last.get(key) === settled && last.delete(key));
    last.set(key, settled);
    return result;
  };
}
