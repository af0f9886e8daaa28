import type { ApiObject, App } from 'cdk8s';
import { isClusterScoped, kindName, phaseOf } from './group-kind.ts';
import { objectProblems } from './object-problems.ts';
import type { KubernetesObject, SynthObject, SynthResult } from './object.ts';
import { orderObjects } from './order.ts';
import { CODE, isPackable } from './packable.ts';
import { type Problem, problemOf, problemsError } from './problem.ts';
import { referenceProblems } from './references.ts';
import { dependenciesOf, type Tree, walkTree } from './tree.ts';
import { fillUrls } from './urls.ts';

export interface SynthOptions {
  /** Base URL that `fn.url` begins with. */
  readonly gatewayUrl: string;
}

/**
 * The objects and packages of all constructs below an app, in linear time. Every object is rendered by itself (`ApiObject.toJson`): plain cdk8s and cdk8s-plus objects come along.
 *
 * @throws PlatformError with every problem and its construct path: STACK_INVALID, or the problems' own code where they share one (SPEC_INVALID, CODE_INVALID, PROMQL_INVALID);
 *   `details.sources` as in the result
 */
export function synthesizeApp(app: App, { gatewayUrl }: SynthOptions): SynthResult {
  const tree = walkTree(app);
  const { needs, problems: dependencyProblems } = dependenciesOf(tree);
  const validation = validationProblems(tree);
  const { rendered, failed, problems: renderProblems } = renderObjects(tree);
  const { objects, problems: urlProblems } = fillUrls(rendered, gatewayUrl);
  const told = new Set(validation.map(({ path }) => path));
  const references = referenceProblems(objects, failed).filter(({ path }) => !told.has(path));
  const sources = sourcesOf(tree);
  throwProblems([...validation, ...dependencyProblems, ...renderProblems, ...urlProblems, ...references], sources);
  const { ordered, problems } = orderObjects(linkObjects(objects, tree, needs));
  throwProblems(problems, sources);
  return { objects: ordered, packages: packagesOf(tree), sources };
}

function validationProblems(tree: Tree): Problem[] {
  return tree.constructs.flatMap(({ node }) => node.validate().map((message) => ({ path: node.path, code: 'STACK_INVALID' as const, message })));
}

interface Rendered {
  /** In the order of `tree.apiObjects`, without those that failed. */
  readonly rendered: readonly SynthObject[];
  /** Ids of those that failed: they exist, though. */
  readonly failed: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

function renderObjects(tree: Tree): Rendered {
  const rendered: SynthObject[] = [];
  const failed = new Set<string>();
  const problems: Problem[] = [];
  for (const apiObject of tree.apiObjects) {
    const { path } = apiObject.node;
    const found = render(apiObject);
    if ('problems' in found) {
      problems.push(...found.problems);
      failed.add(idOf({ apiVersion: apiObject.apiVersion, kind: apiObject.kind, metadata: { name: apiObject.name, ...namespaceOf(apiObject) } }));
    } else rendered.push({ id: idOf(found.object), path, object: found.object, phase: phaseOf(found.object), deps: [] });
  }
  return { rendered, failed, problems };
}

function render(apiObject: ApiObject): { readonly object: KubernetesObject } | { readonly problems: readonly Problem[] } {
  const { path } = apiObject.node;
  try {
    const json = apiObject.toJson() as unknown;
    const problems = objectProblems(path, json);
    return problems.length > 0 ? { problems } : { object: withoutStrayNamespace(json as KubernetesObject) };
  } catch (error) {
    return { problems: [problemOf(path, error)] };
  }
}

/** A chart writes its namespace on objects that stand in none, too. */
function withoutStrayNamespace(object: KubernetesObject): KubernetesObject {
  if (!isClusterScoped(object) || object.metadata.namespace === undefined) return object;
  const { namespace: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function idOf(object: KubernetesObject): string {
  const { name, namespace } = object.metadata;
  return [kindName(object), ...(namespace === undefined ? [] : [namespace]), name].join('/');
}

function namespaceOf(apiObject: ApiObject): { namespace?: string } {
  return apiObject.metadata.namespace === undefined ? {} : { namespace: apiObject.metadata.namespace };
}

function linkObjects(objects: readonly SynthObject[], tree: Tree, needs: ReadonlyMap<ApiObject, ReadonlySet<ApiObject>>): SynthObject[] {
  const idByObject = new Map(tree.apiObjects.map((apiObject, index) => [apiObject, objects[index]?.id ?? '']));
  return objects.map((object, index) => {
    const apiObject = tree.apiObjects[index];
    const needed = apiObject && needs.get(apiObject);
    return needed ? { ...object, deps: [...needed].map((need) => idByObject.get(need) ?? '').sort() } : object;
  });
}

function packagesOf(tree: Tree): Map<string, Uint8Array> {
  const packages = tree.constructs.filter(isPackable).map((construct) => construct[CODE].pack());
  return new Map(packages.map(({ digest, bytes }) => [digest, bytes]));
}

function sourcesOf(tree: Tree): string[] {
  return [...new Set(tree.constructs.filter(isPackable).flatMap((construct) => construct[CODE].sources()))];
}

function throwProblems(problems: readonly Problem[], sources: readonly string[]): void {
  if (problems.length > 0) throw problemsError(problems, { sources });
}
