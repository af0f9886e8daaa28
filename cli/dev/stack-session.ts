import { createFreshLoader } from '../../constructs/load-fresh.ts';
import type { LoadOptions } from '../../constructs/loader.ts';
import type { CodeUnit } from '../../constructs/synth/object.ts';
import type { Store } from '../../kit/store/store.ts';
import type { PlatformError } from '../../protocol/errors.ts';
import type { FunctionRuntime } from '../../protocol/schema/fields.ts';
import type { AnyResource } from '../../protocol/schema/resources.ts';
import { toPlatformError } from '../failure.ts';
import { repack, touchedUnits, withPackages } from './code-units.ts';
import { type Changes, idOf, prunePackages, reconcile, resourcesOf, writePackages } from './reconcile.ts';
import { type SourceWatch, watchSources } from './watch.ts';

export interface StackSessionOptions {
  readonly file: string;
  /** What the stack is told, read anew each time, and the files that it comes from. */
  readonly context: () => Promise<{ readonly load: LoadOptions; readonly files: readonly string[] }>;
  readonly store: Store;
  readonly packagesDir: string;
  /** Makes what a runtime's functions need here, before the first of them is applied. @throws PlatformError */
  readonly prepare: (runtimes: ReadonlySet<FunctionRuntime>) => void;
}

export interface StackEvents {
  /** What was saved is in the store. `what` is `code` where only a function's package was made anew. */
  onApplied(what: 'stack' | 'code', changes: Changes, ms: number): void;
  /** What was saved cannot be used; what was applied before stays. */
  onProblem(error: PlatformError): void;
}

export interface StackSession {
  readonly resources: readonly AnyResource[];
  /** From now on what is saved is applied; once it was closed, nothing. */
  watch(events: StackEvents): void;
  close(): Promise<void>;
}

/** Loads a stack and makes the store hold it. @throws PlatformError as `loadStackFresh` and `context` */
export async function openStack(options: StackSessionOptions): Promise<StackSession> {
  const session = new FileStackSession(options);
  await session.load();
  return session;
}

class FileStackSession implements StackSession {
  resources: readonly AnyResource[] = [];
  readonly #options: StackSessionOptions;
  readonly #loader = createFreshLoader();
  readonly #saved = new Set<string>();
  /** What the stack itself is made from. */
  #own: readonly string[] = [];
  /** All that is watched. */
  #sources: readonly string[] = [];
  #units: readonly CodeUnit[] = [];
  #watch: SourceWatch | undefined;
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(options: StackSessionOptions) {
    this.#options = options;
  }

  async load(): Promise<Changes> {
    const { file, context, store, packagesDir } = this.#options;
    const { load, files } = await context();
    const { objects, packages, sources, modules, code } = await this.#loader.load(file, load);
    const resources = resourcesOf(objects);
    this.#options.prepare(
      new Set(resources.flatMap((resource) => (resource.kind === 'Function' || resource.kind === 'PodPool' ? [resource.spec.runtime] : []))),
    );
    await writePackages(packagesDir, packages);
    const changes = await reconcile(store, resources);
    this.resources = resources;
    this.#sources = [...sources, ...files];
    this.#own = [...modules, ...files];
    this.#units = code;
    await prunePackages(packagesDir, store);
    return changes;
  }

  watch(events: StackEvents): void {
    if (this.#closed) return;
    const onChange = (paths: readonly string[]) => {
      for (const path of paths) this.#saved.add(path);
      this.#working ??= this.#work(events).finally(() => (this.#working = undefined));
    };
    this.#watch = watchSources(onChange);
    this.#watch.set(this.#sources);
    this.#loader.prepare();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watch?.close();
    await this.#working;
    await this.#loader.close();
  }

  async #work(events: StackEvents): Promise<void> {
    while (this.#saved.size > 0) {
      const paths = [...this.#saved];
      this.#saved.clear();
      const begun = performance.now();
      try {
        const touched = touchedUnits(paths, this.#units, this.#own);
        const changes = touched ? await this.#repack(touched) : await this.load();
        if (changes.applied.length + changes.removed.length > 0) events.onApplied(touched ? 'code' : 'stack', changes, performance.now() - begun);
      } catch (error) {
        const failure = toPlatformError(error);
        const { sources } = failure.details as { sources?: readonly string[] };
        if (sources) this.#sources = [...new Set([...this.#sources, ...sources])];
        events.onProblem(failure);
      }
      this.#watch?.set(this.#sources);
      this.#loader.prepare();
    }
  }

  /** The fast path of saved functions: their packages alone are made anew. */
  async #repack(touched: readonly CodeUnit[]): Promise<Changes> {
    const { store, packagesDir } = this.#options;
    const repacked = repack(this.#units, touched);
    await writePackages(packagesDir, repacked.packages);
    const changed = withPackages(this.resources, repacked);
    const changes = await reconcile(store, changed, { keepOthers: true });
    const byId = new Map(changed.map((resource) => [idOf(resource), resource]));
    this.resources = this.resources.map((resource) => byId.get(idOf(resource)) ?? resource);
    this.#units = repacked.units;
    this.#sources = [...new Set([...this.#own, ...this.#units.flatMap(({ sources }) => sources)])];
    return changes;
  }
}
