import { createFreshLoader } from '../../constructs/load-fresh.ts';
import type { LoadOptions } from '../../constructs/loader.ts';
import type { Store } from '../../kit/store/store.ts';
import type { PlatformError } from '../../protocol/errors.ts';
import type { FunctionRuntime } from '../../protocol/schema/fields.ts';
import type { AnyResource } from '../../protocol/schema/resources.ts';
import { toPlatformError } from '../failure.ts';
import { type CodeUnit, findCodeUnits, onlyUnitOf, packUnit, withPackage } from './code-units.ts';
import { type Changes, prunePackages, reconcile, resourcesOf, writePackages } from './reconcile.ts';
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
  /** From now on what is saved is applied. */
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
  #sources: readonly string[] = [];
  #units: readonly CodeUnit[] = [];
  #watch: SourceWatch | undefined;
  #working: Promise<void> | undefined;

  constructor(options: StackSessionOptions) {
    this.#options = options;
  }

  async load(): Promise<Changes> {
    const { file, context, store, packagesDir } = this.#options;
    const { load, files } = await context();
    const { objects, packages, sources } = await this.#loader.load(file, load);
    const resources = resourcesOf(objects);
    this.#options.prepare(
      new Set(resources.flatMap((resource) => (resource.kind === 'Function' || resource.kind === 'PodPool' ? [resource.spec.runtime] : []))),
    );
    await writePackages(packagesDir, packages);
    const changes = await reconcile(store, resources);
    this.resources = resources;
    this.#sources = [...sources, ...files];
    this.#units = findCodeUnits(sources, packages);
    await prunePackages(packagesDir, store);
    return changes;
  }

  watch(events: StackEvents): void {
    const onChange = (paths: readonly string[]) => {
      for (const path of paths) this.#saved.add(path);
      this.#working ??= this.#work(events).finally(() => (this.#working = undefined));
    };
    this.#watch = watchSources(onChange);
    this.#watch.set(this.#sources);
    this.#loader.prepare();
  }

  async close(): Promise<void> {
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
        const unit = onlyUnitOf(paths, this.#units, this.#sources);
        const changes = unit ? await this.#repack(unit) : await this.load();
        if (changes.applied.length + changes.removed.length > 0) events.onApplied(unit ? 'code' : 'stack', changes, performance.now() - begun);
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

  /** The fast path of a saved function: its package alone is made anew. */
  async #repack(unit: CodeUnit): Promise<Changes> {
    const { store, packagesDir } = this.#options;
    const made = packUnit(unit.path);
    if (made.digest === unit.digest) return { applied: [], removed: [] };
    await writePackages(packagesDir, new Map([[made.digest, made.bytes]]));
    const resources = withPackage(this.resources, unit.digest, made);
    const changes = await reconcile(
      store,
      resources.filter((resource, index) => resource !== this.resources[index]),
      { keepOthers: true },
    );
    this.resources = resources;
    this.#units = this.#units.map((known) => (known === unit ? { path: unit.path, digest: made.digest } : known));
    return changes;
  }
}
