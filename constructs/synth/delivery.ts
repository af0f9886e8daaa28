import { renderYaml } from '../../protocol/yaml.ts';
import { KUSTOMIZATION } from './layout.ts';
import type { KubernetesObject, TreeName } from './object.ts';

/** Programs that bring a tree from git into a cluster. */
export const DELIVERIES = ['argocd', 'flux'] as const;
export type DeliveryKind = (typeof DELIVERIES)[number];

/** Where the tree will be found. */
export interface Delivery {
  readonly kind: DeliveryKind;
  /** What the names of its objects begin with. */
  readonly name: string;
  /** Of the repository, as the program reaches it. */
  readonly repoUrl: string;
  /** Path of the output folder in the repository; '' for its root. */
  readonly path: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

/** One shard of a tree. */
export interface Shard {
  readonly tree: TreeName;
  /** `shard-0` */
  readonly folder: string;
}

/** One Application that holds them all waits between waves only where Argo CD is given a health check of Applications: since 1.8 it has none by itself. */
const TREE_WAVES: Readonly<Record<TreeName, string>> = { platform: '-10', functions: '4' };

/** For what comes before what it needs: functions before the platform's CRDs, or its namespaces. Argo CD would try a commit once. */
const RETRY = { limit: 10, backoff: { duration: '10s', factor: 2, maxDuration: '3m' } };

/** One Application or Kustomization a shard, and a kustomization of them all: path below the output folder, and text. */
export function deliveryFiles(delivery: Delivery, shards: readonly Shard[]): [path: string, content: string][] {
  const objects =
    delivery.kind === 'argocd' ? shards.map((shard) => application(delivery, shard)) : [gitRepository(delivery), ...fluxObjects(delivery, shards)];
  const files = objects.map((object): [string, string] => [`${object.kind.toLowerCase()}.${object.metadata.name}.yaml`, renderYaml(object)]);
  const kustomization = renderYaml({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources: files.map(([name]) => name) });
  return [...files, [KUSTOMIZATION, kustomization] satisfies [string, string]].map(([name, text]) => [`${delivery.kind}/${name}`, text]);
}

function application(delivery: Delivery, { tree, folder }: Shard): KubernetesObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: nameOf(delivery, { tree, folder }), namespace: 'argocd', annotations: { 'argocd.argoproj.io/sync-wave': TREE_WAVES[tree] } },
    spec: {
      project: 'default',
      source: { repoURL: delivery.repoUrl, targetRevision: delivery.revision, path: pathOf(delivery, tree, folder) },
      destination: { server: 'https://kubernetes.default.svc' },
      // Without a finalizer: whoever deletes an Application does not delete what it brought.
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        syncOptions: ['ServerSideApply=true', 'PruneLast=true', 'SkipDryRunOnMissingResource=true'],
        retry: RETRY,
      },
    },
  };
}

function gitRepository({ name, repoUrl, revision }: Delivery): KubernetesObject {
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name, namespace: 'flux-system' },
    spec: { interval: '1m', url: repoUrl, ref: { name: revision.startsWith('refs/') ? revision : `refs/heads/${revision}` } },
  };
}

/** What runs on the platform waits until it is up. */
function fluxObjects(delivery: Delivery, shards: readonly Shard[]): KubernetesObject[] {
  const platform = shards.filter(({ tree }) => tree === 'platform').map((shard) => ({ name: nameOf(delivery, shard) }));
  return shards.map(({ tree, folder }) => ({
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: nameOf(delivery, { tree, folder }), namespace: 'flux-system' },
    spec: {
      interval: '10m',
      sourceRef: { kind: 'GitRepository', name: delivery.name },
      path: `./${pathOf(delivery, tree, folder)}`,
      prune: true,
      wait: tree === 'platform',
      ...(tree === 'functions' && platform.length > 0 && { dependsOn: platform }),
    },
  }));
}

function nameOf({ name }: Delivery, { tree, folder }: Shard): string {
  return `${name}-${tree}-${folder.replace('shard-', '')}`;
}

function pathOf({ path }: Delivery, tree: TreeName, folder: string): string {
  return [...(path === '' ? [] : [path]), tree, folder].join('/');
}
