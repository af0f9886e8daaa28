import { manifestPath } from './layout.ts';
import type { SynthObject } from './object.ts';

/** What one Argo CD Application holds at the most: near 3,000 it breaks. */
export const SHARD_LIMIT = 2000;
/** What a shard is filled up to: two branches that both add to it still fit once they are merged. */
const SHARD_FILL = 1800;

/**
 * Which shard of its tree each object lies in. An object stays where it was, whatever comes or goes: one that moved would be deleted by its former Application.
 * What is new goes to its stack's shard that has room, else to the first that has, else to a new one. Pure.
 *
 * @param objects of one tree
 * @param before path of a manifest → its shard, of the earlier tree
 * @returns path of a manifest → its shard
 */
export function assignShards(objects: readonly SynthObject[], before: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const shards = new Shards();
  const fresh: SynthObject[] = [];
  for (const object of objects) {
    const known = before.get(manifestPath(object.object));
    // Over the limit only where branches were merged that added more than fits.
    if (known === undefined || shards.sizeOf(known) >= SHARD_LIMIT) fresh.push(object);
    else shards.put(object, known);
  }
  // By construct, so that a function, its code and its triggers are beside each other.
  fresh.sort((a, b) => (a.path === b.path ? compare(a.id, b.id) : compare(a.path, b.path)));
  for (const object of fresh) shards.put(object, shards.roomFor(stackOf(object)));
  return shards.byPath;
}

/** `shard-0`: the folder of a shard below its tree. */
export function shardFolder(shard: number): string {
  return `shard-${shard}`;
}

class Shards {
  readonly byPath = new Map<string, number>();
  readonly #sizes: number[] = [];
  readonly #ofStack = new Map<string, Set<number>>();

  put(object: SynthObject, shard: number): void {
    this.byPath.set(manifestPath(object.object), shard);
    this.#sizes[shard] = this.sizeOf(shard) + 1;
    const stack = stackOf(object);
    const known = this.#ofStack.get(stack) ?? new Set();
    this.#ofStack.set(stack, known.add(shard));
  }

  sizeOf(shard: number): number {
    return this.#sizes[shard] ?? 0;
  }

  roomFor(stack: string): number {
    const hasRoom = (shard: number) => this.sizeOf(shard) < SHARD_FILL;
    const own = [...(this.#ofStack.get(stack) ?? [])].find(hasRoom);
    if (own !== undefined) return own;
    let shard = 0;
    while (!hasRoom(shard)) shard++;
    return shard;
  }
}

/** The first part of a construct's path. */
function stackOf({ path }: SynthObject): string {
  return path.split('/')[0] ?? '';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
