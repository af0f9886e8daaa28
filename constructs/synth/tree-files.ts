import { MAX_CONFIG_MAP_PACKAGE_BYTES } from '../../protocol/package-config-map.ts';
import { renderYaml } from '../../protocol/yaml.ts';
import { type Delivery, deliveryFiles, type Shard } from './delivery.ts';
import { deliveryPatches } from './delivery-patches.ts';
import { INDEX, KUSTOMIZATION, manifestPath, packageFile, PACKAGES, renderKustomization } from './layout.ts';
import { type SynthObject, type SynthResult, type TreeName, TREES } from './object.ts';
import { assignShards, shardFolder } from './shards.ts';

/** Path below the output folder, and content. */
export type TreeFile = readonly [path: string, content: string | Uint8Array];

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
  const large = [...packages].filter(([, bytes]) => bytes.length > MAX_CONFIG_MAP_PACKAGE_BYTES);
  const trees = TREES.map((tree) =>
    renderTree(
      tree,
      objects.filter((object) => object.tree === tree),
      options,
    ),
  );
  const delivered = options.delivery
    ? deliveryFiles(
        options.delivery,
        trees.flatMap(({ shards }) => shards),
      )
    : [];
  return {
    manifests: [...trees.flatMap(({ manifests }) => manifests), ...large.map(([digest, bytes]): TreeFile => [`${PACKAGES}/${packageFile(digest)}`, bytes])],
    indexes: [...trees.flatMap(({ indexes }) => indexes), ...delivered],
  };
}

interface RenderedTree extends TreeFiles {
  readonly shards: readonly Shard[];
}

function renderTree(tree: TreeName, objects: readonly SynthObject[], { delivery, shards }: TreeOptions): RenderedTree {
  if (objects.length === 0) return { manifests: [], indexes: [], shards: [] };
  const assigned = delivery && assignShards(objects, shards(tree));
  const placed = objects.map((synth) => {
    const path = manifestPath(synth.object);
    const shard = assigned?.get(path);
    return { synth, path, folder: shard === undefined ? '' : shardFolder(shard) };
  });
  const byFolder = [...Map.groupBy(placed, ({ folder }) => folder)].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  const inFolder = (folder: string, path: string) => (folder === '' ? path : `${folder}/${path}`);
  const kustomizations = byFolder.map(([folder, members]): TreeFile => {
    const patches = delivery
      ? deliveryPatches(
          delivery.kind,
          members.map(({ synth }) => synth),
        )
      : [];
    return [
      `${tree}/${inFolder(folder, KUSTOMIZATION)}`,
      renderKustomization(
        members.map(({ path }) => path),
        patches,
      ),
    ];
  });
  const folders = byFolder.map(([folder]) => folder);
  return {
    manifests: placed.map(({ synth, path, folder }) => [`${tree}/${inFolder(folder, path)}`, renderYaml(synth.object)]),
    indexes: [
      ...kustomizations,
      ...(delivery ? [[`${tree}/${KUSTOMIZATION}`, renderKustomization(folders)] as const] : []),
      [`${tree}/${INDEX}`, renderYaml(Object.fromEntries(placed.map(({ synth, path, folder }) => [inFolder(folder, path), synth.path])))],
    ],
    shards: delivery ? folders.map((folder) => ({ tree, folder })) : [],
  };
}
