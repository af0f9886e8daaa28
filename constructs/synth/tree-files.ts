import { MAX_CONFIG_MAP_PACKAGE_BYTES } from '../../protocol/package-config-map.ts';
import { renderYaml } from '../../protocol/yaml.ts';
import { type Delivery, deliveryFiles, type Shard } from './delivery.ts';
import { deliveryPatches } from './delivery-patches.ts';
import { INDEX, KUSTOMIZATION, manifestPath, packageFile, PACKAGES, renderKustomization } from './layout.ts';
import { type SynthObject, type SynthResult, type TreeName, TREES } from './object.ts';
import { assignShards, shardFolder } from './shards.ts';

/** Path below the output folder, and content: rendered when it is asked for, since all of a large stack at once takes much memory. */
export type TreeFile = readonly [path: string, content: () => string | Uint8Array];

export interface TreeOptions {
  /** Who brings the tree into a cluster: it is then cut into shards, each with an Application or Kustomization. @default - none: `kubectl apply -k` */
  readonly delivery?: Delivery | undefined;
  /** Shards of an earlier tree: path of a manifest below the tree, without its shard → the shard. */
  readonly shards: (tree: TreeName) => ReadonlyMap<string, number>;
}

/** A result as files. */
export interface TreeFiles {
  /** One file an object, and one a package that no ConfigMap holds. */
  readonly manifests: readonly TreeFile[];
  /** What tells of them: kustomizations, indexes, and what the delivery reads. */
  readonly indexes: readonly TreeFile[];
}

export function renderFiles({ objects, packages }: SynthResult, options: TreeOptions): TreeFiles {
  const trees = TREES.map((tree) => placeObjects(tree, objects, options));
  const large = [...packages].filter(([, bytes]) => bytes.length > MAX_CONFIG_MAP_PACKAGE_BYTES);
  return {
    manifests: [
      ...trees.flatMap(({ tree, placed }) => placed.map(({ synth, path }): TreeFile => [`${tree}/${path}`, () => renderYaml(synth.object)])),
      ...large.map(([digest, bytes]): TreeFile => [`${PACKAGES}/${packageFile(digest)}`, () => bytes]),
    ],
    indexes: [...trees.flatMap((tree) => treeIndexes(tree, options.delivery)), ...deliveryIndexes(trees, options.delivery)],
  };
}

interface Placed {
  readonly synth: SynthObject;
  /** Below the tree. */
  readonly path: string;
  /** '' where the tree is not cut. */
  readonly shard: string;
}

interface PlacedTree {
  readonly tree: TreeName;
  readonly placed: readonly Placed[];
  /** Folders in their order; '' for a tree that is not cut. */
  readonly shards: ReadonlyMap<string, readonly Placed[]>;
}

function placeObjects(tree: TreeName, all: readonly SynthObject[], { delivery, shards }: TreeOptions): PlacedTree {
  const objects = all.filter((object) => object.tree === tree);
  const assigned = delivery && assignShards(objects, shards(tree));
  const placed = objects.map((synth): Placed => {
    const path = manifestPath(synth.object);
    const shard = assigned?.get(path);
    return shard === undefined ? { synth, path, shard: '' } : { synth, path: `${shardFolder(shard)}/${path}`, shard: shardFolder(shard) };
  });
  const folders = [...Map.groupBy(placed, ({ shard }) => shard)].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return { tree, placed, shards: new Map(folders) };
}

function treeIndexes({ tree, placed, shards }: PlacedTree, delivery: Delivery | undefined): TreeFile[] {
  if (placed.length === 0) return [];
  const ofShards = [...shards].map(([shard, members]): TreeFile => {
    const resources = members.map(({ path }) => (shard === '' ? path : path.slice(shard.length + 1)));
    const objects = members.map(({ synth }) => synth);
    const patches = delivery ? deliveryPatches(delivery.kind, objects) : [];
    return [shard === '' ? `${tree}/${KUSTOMIZATION}` : `${tree}/${shard}/${KUSTOMIZATION}`, () => renderKustomization(resources, patches)];
  });
  const index = () => renderYaml(Object.fromEntries(placed.map(({ path, synth }) => [path, synth.path])));
  const ofTree: TreeFile[] = delivery ? [[`${tree}/${KUSTOMIZATION}`, () => renderKustomization([...shards.keys()])]] : [];
  return [...ofShards, ...ofTree, [`${tree}/${INDEX}`, index]];
}

function deliveryIndexes(trees: readonly PlacedTree[], delivery: Delivery | undefined): TreeFile[] {
  if (!delivery) return [];
  const shards = trees.flatMap(({ tree, shards: ofTree }) => [...ofTree.keys()].map((folder): Shard => ({ tree, folder })));
  return deliveryFiles(delivery, shards).map(([path, text]) => [path, () => text]);
}
