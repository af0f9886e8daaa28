import { SCALER_NAME, secretsRole, SYSTEM_NAMESPACE } from '../../protocol/cluster-names.ts';
import { API_GROUP, LABELS } from '../../protocol/names.ts';
import { MAX_CONFIG_MAP_PACKAGE_BYTES, renderPackageConfigMap } from '../../protocol/package-config-map.ts';
import type { FunctionResource } from '../../protocol/schema/resources.ts';
import { budgetedFunction, disruptionBudget } from './disruption-budgets.ts';
import { idOf, phaseOf } from './group-kind.ts';
import type { KubernetesObject, SynthObject } from './object.ts';

interface Declared {
  readonly path: string;
  readonly fn: FunctionResource;
  /** Name of its stack. */
  readonly stack: string;
}

/**
 * What a cluster needs beside a stack's own objects: small packages as ConfigMaps, disruption budgets, and for each stack the right to read the Secrets that its Functions name, and no others.
 * @param systemNamespaces by the stack's name
 * @param minAvailable by a Function's path, where it states any
 */
export function clusterObjects(
  objects: readonly SynthObject[],
  packages: ReadonlyMap<string, Uint8Array>,
  systemNamespaces: ReadonlyMap<string, string>,
  minAvailable: ReadonlyMap<string, number> = new Map(),
): SynthObject[] {
  const declared = objects
    .filter(({ object }) => object.kind === 'Function' && object.apiVersion.startsWith(`${API_GROUP}/`))
    .map(({ path, object }): Declared => ({ path, fn: object as unknown as FunctionResource, stack: object.metadata.labels?.[LABELS.stack] ?? '' }));
  return [
    ...packageObjects(declared, packages),
    ...budgetObjects(declared, minAvailable, objects),
    ...groupBy(declared, ({ fn, stack }) => `${fn.metadata.namespace}/${stack}`).flatMap((ofStack) => secretObjects(ofStack, systemNamespaces)),
  ];
}

/** One ConfigMap a package and namespace, whichever Functions share it. A container has none. */
function packageObjects(declared: readonly Declared[], packages: ReadonlyMap<string, Uint8Array>): SynthObject[] {
  const byPlace = groupBy(declared, ({ fn }) => `${fn.metadata.namespace}/${fn.spec.package?.digest}`);
  return byPlace.flatMap(([first]) => {
    if (!first) return [];
    const { digest = '' } = first.fn.spec.package ?? {};
    const bytes = packages.get(digest);
    if (!bytes || bytes.length > MAX_CONFIG_MAP_PACKAGE_BYTES) return [];
    const object = renderPackageConfigMap({ digest, bytes }, first.fn.metadata.namespace, stackLabels(first.stack));
    return [addedObject(first.path, object as unknown as KubernetesObject)];
  });
}

/** A budget that the app declares for a function's pods takes the place of ours: Kubernetes evicts no pod that has two. */
function budgetObjects(declared: readonly Declared[], minAvailable: ReadonlyMap<string, number>, objects: readonly SynthObject[]): SynthObject[] {
  const budgeted = new Set(objects.map(({ object }) => budgetedFunction(object)));
  return declared.flatMap(({ path, fn, stack }) => {
    const budget = disruptionBudget(fn, minAvailable.get(path), stack);
    return budget && !budgeted.has(`${fn.metadata.namespace}/${fn.metadata.name}`) ? [addedObject(path, budget)] : [];
  });
}

function secretObjects(ofStack: readonly Declared[], systemNamespaces: ReadonlyMap<string, string>): SynthObject[] {
  const [first] = ofStack;
  // A container's Secrets are its node's business: the scaler reads none of them.
  const readers = ofStack.filter(({ fn }) => fn.spec.runtime !== 'container');
  const names = [...new Set(readers.flatMap(({ fn }) => fn.spec.secrets.map((secret) => secret.name)))].sort();
  if (!first || names.length === 0) return [];
  const { path, stack } = first;
  const metadata = { name: secretsRole(stack), namespace: first.fn.metadata.namespace, labels: stackLabels(stack) };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  return [
    addedObject(path, {
      apiVersion,
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: names, verbs: ['get', 'list', 'watch'] }],
    }),
    addedObject(path, {
      apiVersion,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: SCALER_NAME, namespace: systemNamespaces.get(stack) ?? SYSTEM_NAMESPACE }],
    }),
  ];
}

function addedObject(path: string, object: KubernetesObject): SynthObject {
  return { id: idOf(object), path, object, phase: phaseOf(object), tree: 'functions', deps: [] };
}

function stackLabels(stack: string): Record<string, string> {
  return { [LABELS.stack]: stack };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  return [...Map.groupBy(items, keyOf).values()];
}
