import { MAX_CONFIG_MAP_PACKAGE_BYTES } from '../../protocol/package-config-map.ts';
import { renderYaml } from '../../protocol/yaml.ts';
import { INDEX, KUSTOMIZATION, manifestPath, packageFile, PACKAGES, renderIndex, renderKustomization } from './layout.ts';
import { type SynthResult, TREES } from './object.ts';

/** Path below the output folder, and content. */
export type TreeFile = readonly [path: string, content: string | Uint8Array];

/** One file an object and one a package that no ConfigMap holds. */
export function manifestFiles({ objects, packages }: SynthResult): TreeFile[] {
  const large = [...packages].filter(([, bytes]) => bytes.length > MAX_CONFIG_MAP_PACKAGE_BYTES);
  return [
    ...objects.map(({ tree, object }): TreeFile => [`${tree}/${manifestPath(object)}`, renderYaml(object)]),
    ...large.map(([digest, bytes]): TreeFile => [`${PACKAGES}/${packageFile(digest)}`, bytes]),
  ];
}

/** What tells of them: in each tree a kustomization and an index. */
export function indexFiles({ objects }: SynthResult): TreeFile[] {
  return TREES.flatMap((tree) => {
    const ofTree = objects.filter((object) => object.tree === tree);
    if (ofTree.length === 0) return [];
    return [
      [`${tree}/${KUSTOMIZATION}`, renderKustomization(ofTree)],
      [`${tree}/${INDEX}`, renderIndex(ofTree)],
    ] satisfies TreeFile[];
  });
}
