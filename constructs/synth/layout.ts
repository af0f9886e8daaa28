import { kindName } from './group-kind.ts';
import type { KubernetesObject, SynthObject } from './object.ts';
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

/** What `manifestPath` can give, so that nothing else is ever removed. */
export const MANIFEST_PATH = /^[a-z0-9][a-z0-9.-]*\/[A-Za-z0-9._%!~*'()-]+\.yaml$/;

/** Name of a package's file. */
export function packageFile(digest: string): string {
  return `${digest.replace('sha256:', '')}.pkg`;
}

/** The index that `kubectl apply -k` reads, in the order to apply. */
export function renderKustomization(objects: readonly SynthObject[]): string {
  const resources = objects.map(({ object }) => manifestPath(object));
  return renderYaml({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources });
}

/** `function/default.hello.yaml: shop/hello`: one line a file, in the order to apply, so that a new object is a new line. */
export function renderIndex(objects: readonly SynthObject[]): string {
  return renderYaml(Object.fromEntries(objects.map(({ object, path }) => [manifestPath(object), path])));
}
