import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';
import type { KubernetesClient } from './client.ts';
import { answeredError, isStatus, KubernetesError } from './error.ts';
import { listPages } from './list.ts';
import { createObjectCache, type ObjectCache, type WatchEvent } from './object-cache.ts';
import { planNextWatch, type WatchEnd } from './watch-pace.ts';

export interface WatchResourcesOptions<T extends object> {
  readonly client: KubernetesClient;
  /** Of the list, from `resourcePath`. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** What is kept and told of an object as the API server sends it; undefined = as if this version had never been. @default the object itself */
  parse?(object: unknown): T | undefined;
  /** Once, with all objects, before any event. */
  onSync(items: readonly T[]): void;
  /** Every change after that, in order, once; also those found by listing anew. */
  onEvent(event: WatchEvent<T>): void;
  /** Told as it changes; not connected before the first. */
  onState?(state: { readonly connected: boolean }): void;
  readonly log: Log;
  /** Without a byte for this long the watch is begun anew; the API server sends a bookmark about each minute. @default 75000 */
  readonly silenceMs?: number;
  /** @default 500 */
  readonly pageSize?: number;
  /** In [0, 1). @default Math.random */
  random?(): number;
}

export interface ResourceWatch<T extends object = object> {
  /** As they are known now; none before the first list. */
  objects(): T[];
  /** Nothing is told after this was called. */
  close(): Promise<void>;
  /** `performance.now()` when the API server last sent a list, an event or a bookmark; 0 = never. */
  lastEventAt(): number;
}

/** The API server ends a watch after this long at the latest; spread, so that many do not end together. */
const WATCH_SECONDS = { least: 240, spread: 240 };
const SILENCE_MS = 75_000;
/** A watch that lasted this long was a good one, also if nothing happened in it. */
const LASTING_MS = 10_000;

/**
 * The objects of a path and every change of them, for as long as it is open (Kubernetes, "Efficient detection of changes"): list, watch from there with bookmarks, go on after every kind of end with a jittered wait;
 * where the API server no longer has the changes since then, list anew and tell the difference as events.
 */
export function watchResources<T extends object>(options: WatchResourcesOptions<T>): ResourceWatch<T> {
  return new ListWatch(options);
}

class ListWatch<T extends object> implements ResourceWatch<T> {
  readonly #options: WatchResourcesOptions<T>;
  readonly #cache: ObjectCache<T>;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** Where the next watch starts; absent = list first. */
  #version: string | undefined;
  #synced = false;
  #connected = false;
  /** A failure was logged and nothing went well since. */
  #troubled = false;
  #heardAt = 0;
  /** The watch of this turn brought something, or lasted. */
  #progress = false;
  /** The API server took the watch of this turn. */
  #opened = false;

  constructor(options: WatchResourcesOptions<T>) {
    this.#options = options;
    this.#cache = createObjectCache(options.parse ?? ((object) => object as T));
    this.#random = options.random ?? Math.random;
    this.#running = this.#run();
  }

  lastEventAt(): number {
    return this.#heardAt;
  }

  objects(): T[] {
    return this.#cache.objects();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let failures = 0;
    while (!signal.aborted) {
      const plan = planNextWatch(await this.#turn(), failures, this.#random());
      failures = plan.failures;
      if (plan.relist) this.#version = undefined;
      await sleep(plan.delayMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** One list where needed, one watch until it ends. */
  async #turn(): Promise<WatchEnd> {
    this.#progress = false;
    this.#opened = false;
    try {
      this.#version ??= await this.#list();
      await this.#watch(this.#version);
      return { kind: 'ended', progress: this.#progress };
    } catch (error) {
      const { status = 0, retryAfterMs } = error instanceof KubernetesError ? error : {};
      if (status === 410) return { kind: 'expired', progress: this.#progress };
      if (!this.#stop.signal.aborted) this.#onTrouble(error);
      return { kind: 'failed', progress: this.#progress, answered: this.#opened || status > 0, retryAfterMs };
    }
  }

  async #list(): Promise<string> {
    const { client, path, labelSelector, fieldSelector, pageSize } = this.#options;
    const { signal } = this.#stop;
    const list = this.#cache.beginList();
    const page = { signal, ...(labelSelector && { labelSelector }), ...(fieldSelector && { fieldSelector }), ...(pageSize && { pageSize }) };
    const version = await listPages(client, path, page, (raw) => this.#tell(list.add(raw)));
    this.#tell(list.end());
    this.#heardAt = performance.now();
    if (!this.#synced) this.#guard(() => this.#options.onSync(this.#cache.objects()));
    this.#synced = true;
    return version;
  }

  async #watch(version: string): Promise<void> {
    const { client, path, labelSelector, fieldSelector, silenceMs = SILENCE_MS } = this.#options;
    const timeoutSeconds = Math.floor(WATCH_SECONDS.least + this.#random() * WATCH_SECONDS.spread);
    const query = { labelSelector, fieldSelector, watch: true, allowWatchBookmarks: true, resourceVersion: version, timeoutSeconds };
    let openedAt = Infinity;
    const onOpen = () => {
      openedAt = performance.now();
      this.#opened = true;
      this.#onConnected();
    };
    try {
      for await (const line of client.stream(path, { query, signal: this.#stop.signal, silenceMs, onOpen })) {
        const { type, object } = parseLine(line, path);
        if (type !== 'BOOKMARK') this.#tell(this.#cache.take(type, object));
        this.#version = object.metadata.resourceVersion;
        this.#heardAt = performance.now();
        this.#progress = true;
      }
    } finally {
      if (performance.now() - openedAt > LASTING_MS) this.#progress = true;
    }
  }

  #onConnected(): void {
    const { log, path, onState } = this.#options;
    if (this.#troubled) log.info('watching again', { path });
    this.#troubled = false;
    if (this.#connected) return;
    this.#connected = true;
    this.#guard(() => onState?.({ connected: true }));
  }

  #onTrouble(error: unknown): void {
    const { log, path, onState } = this.#options;
    if (!this.#troubled) log.warn('watching is interrupted', { path, problem: (error as Error).message });
    this.#troubled = true;
    if (!this.#connected) return;
    this.#connected = false;
    this.#guard(() => onState?.({ connected: false }));
  }

  #tell(events: readonly WatchEvent<T>[]): void {
    if (!this.#synced) return;
    for (const event of events) this.#guard(() => this.#options.onEvent(event));
  }

  /** A listener's own defect costs one notice, not the watch. */
  #guard(listener: () => void): void {
    if (this.#stop.signal.aborted) return;
    try {
      listener();
    } catch (err) {
      this.#options.log.error('a listener of a watch failed', { path: this.#options.path, err });
    }
  }
}

interface WatchLine {
  readonly type: string;
  readonly object: { readonly metadata: { readonly resourceVersion: string } };
}

const EVENT_TYPES: readonly unknown[] = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'];

/** @throws KubernetesError for an event of type ERROR, TypeError for anything that is no event */
function parseLine(line: unknown, path: string): WatchLine {
  const { type, object } = (line ?? {}) as { type?: unknown; object?: { metadata?: { resourceVersion?: unknown } } };
  if (type === 'ERROR' && isStatus(object)) throw answeredError(`the watch of ${path}`, object.code ?? 500, JSON.stringify(object), undefined);
  if (!EVENT_TYPES.includes(type) || typeof object?.metadata?.resourceVersion !== 'string') throw new TypeError(`the watch of ${path} sent what is no event`);
  return { type, object } as WatchLine;
}
