import { describe, expect, it } from 'vitest';
import { manifestPath } from './layout.ts';
import type { SynthObject } from './object.ts';
import { assignShards, SHARD_LIMIT } from './shards.ts';

const object = (stack: string, name: string, kind = 'Function'): SynthObject => ({
  id: `${kind}/shop/${name}`,
  path: `${stack}/${name}`,
  object: { apiVersion: 'fibonacci.dev/v1alpha1', kind, metadata: { name, namespace: 'shop' } },
  phase: 'resource',
  tree: 'functions',
  deps: [],
});
const range = (count: number, of: (index: number) => SynthObject) => Array.from({ length: count }, (_, index) => of(index));
const fleet = (prefix: string, count: number) => range(count, (index) => object(`stack-${index % 40}`, `${prefix}-${index}`));
const sizes = (shards: ReadonlyMap<string, number>) => [...Map.groupBy(shards.values(), (shard) => shard).values()].map(({ length }) => length);
const moved = (before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>) =>
  [...before].filter(([path, shard]) => after.has(path) && after.get(path) !== shard);

describe('which shard an object lies in', () => {
  it('no shard holds more than what Argo CD bears', () => {
    const shards = assignShards(fleet('fn', 10_000), new Map());
    expect(shards.size).toBe(10_000);
    expect(Math.max(...sizes(shards))).toBeLessThanOrEqual(SHARD_LIMIT);
    expect(sizes(shards).length).toBeLessThan(8);
  });

  it('1,000 additions, wherever their names stand, move no object', () => {
    const before = assignShards(fleet('fn', 5000), new Map());
    const after = assignShards([...fleet('aa', 500), ...fleet('fn', 5000), ...fleet('zz', 500)], before);
    expect(after.size).toBe(6000);
    expect(moved(before, after)).toEqual([]);
    expect(Math.max(...sizes(after))).toBeLessThanOrEqual(SHARD_LIMIT);
  });

  it('what goes moves nothing, and its room is used again', () => {
    const before = assignShards(fleet('fn', 3000), new Map());
    const fewer = assignShards(fleet('fn', 3000).slice(500), before);
    expect(moved(before, fewer)).toEqual([]);
    const again = assignShards([...fleet('fn', 3000).slice(500), ...fleet('new', 500)], fewer);
    expect([moved(fewer, again), sizes(again).length]).toEqual([[], sizes(before).length]);
  });

  it('two branches that both add fit once they are merged', () => {
    const base = fleet('fn', 1790);
    const before = assignShards(base, new Map());
    const [one, two] = ['one', 'two'].map((name) => assignShards([...base, ...fleet(name, 100)], before));
    const merged = assignShards([...base, ...fleet('one', 100), ...fleet('two', 100)], new Map([...(one ?? []), ...(two ?? [])]));
    expect([moved(one ?? new Map(), merged), moved(two ?? new Map(), merged)]).toEqual([[], []]);
    expect(Math.max(...sizes(merged))).toBeLessThanOrEqual(SHARD_LIMIT);
  });

  it('only what is over the limit moves, where branches were merged that added more than fits', () => {
    const all = fleet('fn', 2100);
    const merged = new Map(all.map((one) => [manifestPath(one.object), 0]));
    const after = assignShards(all, merged);
    expect([moved(merged, after).length, Math.max(...sizes(after))]).toEqual([100, SHARD_LIMIT]);
  });

  it('a stack stays together where it fits', () => {
    const shards = assignShards([...fleet('fn', 1750), ...range(100, (index) => object('shop', `shop-${index}`))], new Map());
    const more = assignShards([...fleet('fn', 1700), ...range(101, (index) => object('shop', `shop-${index}`))], shards);
    const shop = [...more].filter(([path]) => path.includes('.shop-')).map(([, shard]) => shard);
    expect(more.get('function/shop.shop-100.yaml')).toBe(Math.min(...shop));
  });
});
