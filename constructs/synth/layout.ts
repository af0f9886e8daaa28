import { kindName } from './group-kind.ts';
import type { KubernetesObject } from './object.ts';
import { renderYaml } from '../../protocol/yaml.ts';

/** Folder of the packages that no ConfigMap holds, below the output folder. */
export const PACKAGES = 'packages';
export const KUSTOMIZATION = 'kustomization.yaml';
/** In each tree, for reviewers: which construct each file comes from. */
export const INDEX = 'index.yaml';

/** `function/default.hello.yaml`; without a namespace `namespace/shop.yaml`. */
export function manifestPath(object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  const file = [...(namespace === undefined ? [] : [namespace]), name, 'yaml'].join('.');
  return `${kindName(object).toLowerCase()}/${encodeURIComponent(file)}`;
}

/** What `manifestPath` can give, in a shard or not, so that nothing else is ever removed. */
const MANIFEST_PATH = /^(?:shard-\d+\/)?[a-z0-9][a-z0-9.-]*\/[A-Za-z0-9._%!~*'()-]+\.yaml$/;
const SHARD = /^shard-\d+$/;

/** Name of a package's file. */
export function packageFile(digest: string): string {
  return `${digest.replace('sha256:', '')}.pkg`;
}

/** What `kubectl apply -k` reads. @param resources in the order to apply */
export function renderKustomization(resources: readonly string[], patches: readonly unknown[] = []): string {
  return renderYaml({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources, ...(patches.length > 0 && { patches }) });
}

/**
 * The manifests that a tree's kustomization, and those of its shards, list: paths below the tree. They are ours or nothing is taken from them, so a YAML parser is not needed.
 * @param read text of a file below the tree; undefined where it is not there
 */
export function listedManifests(read: (path: string) => string | undefined): string[] {
  const listed = listedPaths(read(KUSTOMIZATION) ?? '');
  const shards = listed.filter((path) => SHARD.test(path));
  const sharded = shards.flatMap((shard) => listedPaths(read(`${shard}/${KUSTOMIZATION}`) ?? '').map((path) => `${shard}/${path}`));
  return [...listed, ...sharded].filter((path) => MANIFEST_PATH.test(path) && !path.includes('..'));
}

/** The construct of each file, from the text of an index: `function/default.hello.yaml: shop/hello`. */
export function readIndex(text: string): Map<string, string> {
  const lines = text.split('\n').map((line) => /^("?)([^":]+)\1: (.+)$/.exec(line));
  return new Map(lines.flatMap((match) => (match ? [[match[2] ?? '', unquoted(match[3] ?? '')] as const] : [])));
}

/** Path of each listed manifest without its shard → the shard. */
export function shardsOf(listed: readonly string[]): Map<string, number> {
  return new Map(
    listed.flatMap((path) => {
      const match = /^shard-(\d+)\/(.*)$/.exec(path);
      return match ? [[match[2] ?? '', Number(match[1])] as const] : [];
    }),
  );
}

/** Path below the output folder → the same without the shard that it lies in. */
export function withoutShard(path: string): string {
  return path.replace(/^(\w+\/)shard-\d+\//, '$1');
}

/** @param path below the output folder */
export function isShardKustomization(path: string): boolean {
  return /^\w+\/shard-\d+\/kustomization\.yaml$/.test(path);
}

/** The resources of a kustomization that `renderKustomization` made. */
export function listedPaths(kustomization: string): string[] {
  return kustomization.split('\n').map((line) => /^ {2}- "?([^"]+)"?$/.exec(line)?.[1] ?? '');
}

function unquoted(text: string): string {
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}
