import type { ApiObject, App } from 'cdk8s';
import type { IConstruct } from 'constructs';
import { GATEWAY_NAME, SYSTEM_NAMESPACE } from '../../protocol/cluster-names.ts';
import { isFunctionStack } from '../function-stack.ts';
import { clusterObjects } from './cluster-objects.ts';
import { BUDGET, isBudgeted } from './disruption-budgets.ts';
import { idOf, isClusterScoped, phaseOf } from './group-kind.ts';
import { limitObjects, limitProblems } from './namespace-limits.ts';
import { objectProblems } from './object-problems.ts';
import type { KubernetesObject, SynthObject, SynthResult } from './object.ts';
import { orderObjects } from './order.ts';
import { CODE, isPackable } from './packable.ts';
import { isPlatformPart, PLATFORM, type PlatformPart } from './platform-part.ts';
import { platformProblems } from './platform-problems.ts';
import { type Problem, problemOf, problemsError } from './problem.ts';
import { duplicateProblems, referenceProblems } from './references.ts';
import { withStackMetadata } from './stack-metadata.ts';
import { dependenciesOf, type Tree, walkTree } from './tree.ts';
import { fillUrls } from './urls.ts';

export interface SynthOptions {
  /** Base URL that `fn.url` begins with. @default - the gateway's Service inside of the cluster; for target `local` http://127.0.0.1:8080 */
  readonly gatewayUrl?: string;
  /** `cluster`: with all that a cluster needs; `local`: only what stacks declare. @default 'cluster' */
  readonly target?: 'cluster' | 'local';
}

const LOCAL_GATEWAY_URL = 'http://127.0.0.1:8080';

/**
 * The objects and packages of all constructs below an app, in linear time. Every object is rendered by itself (`ApiObject.toJson`): plain cdk8s and cdk8s-plus objects come along.
 *
 * @throws PlatformError with every problem and its construct path: STACK_INVALID, or the problems' own code where they share one (SPEC_INVALID, CODE_INVALID, PROMQL_INVALID);
 *   `details.sources` as in the result
 */
export function synthesizeApp(app: App, { gatewayUrl, target = 'cluster' }: SynthOptions = {}): SynthResult {
  const parts = target === 'cluster' ? app.node.findAll().filter(isPlatformPart) : [];
  const partProblems = expandParts(parts);
  const tree = walkTree(app);
  const { needs, problems: dependencyProblems } = dependenciesOf(tree);
  const validation = validationProblems(tree);
  const systems = systemNamespaces(tree, parts);
  const { rendered, failed, problems: renderProblems } = renderObjects(tree, parts);
  const { objects, urls, problems: urlProblems } = fillUrls(rendered, gatewayUrl ?? (target === 'local' ? LOCAL_GATEWAY_URL : serviceUrl(systems)));
  const told = new Set(validation.map(({ path }) => path));
  const references = [...duplicateProblems(objects), ...referenceProblems(objects, failed)].filter(({ path }) => !told.has(path));
  const sources = sourcesOf(tree);
  throwProblems([...partProblems, ...validation, ...dependencyProblems, ...renderProblems, ...urlProblems, ...references], sources);
  const { packages, code } = packCode(tree);
  const functionStacks = tree.constructs.filter(isFunctionStack);
  const limits = target === 'cluster' ? limitProblems(functionStacks, objects) : [];
  throwProblems(limits, sources);
  const added = target === 'cluster' ? [...clusterObjects(objects, packages, systems, minAvailableOf(tree)), ...limitObjects(functionStacks)] : [];
  const whole = withStackMetadata([...linkObjects(objects, tree, needs), ...added], functionStacks);
  const { ordered, problems } = orderObjects(whole);
  throwProblems([...duplicateProblems([...objects, ...added]), ...platformProblems(objects, parts), ...problems], sources);
  const stacks = functionStacks.map(({ node: { id: name }, namespace }) => ({ name, namespace, systemNamespace: systems.get(name) ?? '' }));
  return { objects: ordered, packages, sources, code, stacks, urls };
}

function expandParts(parts: readonly (IConstruct & PlatformPart)[]): Problem[] {
  return parts.flatMap((part, index) => {
    const { path } = part.node;
    if (index > 0) return [{ path, code: 'STACK_INVALID', message: `the app has a Platform already, ${parts[0]?.node.path}; one app makes one platform` }];
    try {
      part[PLATFORM].expand();
      return [];
    } catch (error) {
      return [problemOf(path, error)];
    }
  });
}

/** Where functions of one app call each other: at the gateway that serves its first stack. */
function serviceUrl(systems: ReadonlyMap<string, string>): string {
  const [first = SYSTEM_NAMESPACE] = systems.values();
  return `http://${GATEWAY_NAME}.${first}.svc`;
}

/** Of each stack by its name: the namespace of the platform that serves it. */
function systemNamespaces(tree: Tree, [part]: readonly PlatformPart[]): Map<string, string> {
  const stacks = tree.constructs.filter(isFunctionStack);
  return new Map(stacks.map((stack) => [stack.node.id, stack.systemNamespace ?? part?.[PLATFORM].namespace ?? SYSTEM_NAMESPACE]));
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

function renderObjects(tree: Tree, parts: readonly (IConstruct & PlatformPart)[]): Rendered {
  const inPlatform = new Set(parts.flatMap((part) => tree.apiObjects.slice(...(tree.ranges.get(part) ?? [0, 0]))));
  const rendered: SynthObject[] = [];
  const failed = new Set<string>();
  const problems: Problem[] = [];
  for (const apiObject of tree.apiObjects) {
    const { path } = apiObject.node;
    const found = render(apiObject);
    if ('problems' in found) {
      problems.push(...found.problems);
      failed.add(plainIdOf(apiObject));
    } else {
      const { object } = found;
      // Namespaces stand before what the platform has in them, whoever declares them.
      const isPlatforms = inPlatform.has(apiObject) || (parts.length > 0 && phaseOf(object) === 'namespace');
      rendered.push({ id: idOf(object), path, object, phase: phaseOf(object), tree: isPlatforms ? 'platform' : 'functions', deps: [] });
    }
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

/** Its id, where it is not rendered. */
function plainIdOf({ apiVersion, kind, name, metadata: { namespace } }: ApiObject): string {
  return idOf({ apiVersion, kind, metadata: { name, ...(namespace !== undefined && { namespace }) } });
}

function linkObjects(objects: readonly SynthObject[], tree: Tree, needs: ReadonlyMap<ApiObject, ReadonlySet<ApiObject>>): SynthObject[] {
  const idByObject = new Map(tree.apiObjects.map((apiObject, index) => [apiObject, objects[index]?.id ?? '']));
  return objects.map((object, index) => {
    const apiObject = tree.apiObjects[index];
    const needed = apiObject && needs.get(apiObject);
    return needed ? { ...object, deps: [...needed].map((need) => idByObject.get(need) ?? '').sort() } : object;
  });
}

function packCode(tree: Tree): Pick<SynthResult, 'packages' | 'code'> {
  const packed = tree.apiObjects.filter(isPackable).map((apiObject) => ({ apiObject, ...apiObject[CODE].pack() }));
  return {
    packages: new Map(packed.map(({ digest, bytes }) => [digest, bytes])),
    code: packed.map(({ apiObject, digest }) => ({
      function: plainIdOf(apiObject),
      digest,
      sources: apiObject[CODE].sources(),
      order: apiObject[CODE].order(),
    })),
  };
}

/** By a Function's path. */
function minAvailableOf(tree: Tree): Map<string, number> {
  return new Map(
    tree.constructs.filter(isBudgeted).flatMap((construct) => (construct[BUDGET] === undefined ? [] : [[construct.node.path, construct[BUDGET]]])),
  );
}

function sourcesOf(tree: Tree): string[] {
  return [...new Set(tree.constructs.filter(isPackable).flatMap((construct) => construct[CODE].sources()))];
}

function throwProblems(problems: readonly Problem[], sources: readonly string[]): void {
  if (problems.length > 0) throw problemsError(problems, { sources });
}
