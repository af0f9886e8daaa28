import { ApiObject } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { Problem } from './problem.ts';

/** The construct tree, walked once. */
export interface Tree {
  /** All constructs, parents first. */
  readonly constructs: readonly IConstruct[];
  /** The objects among them, in the same order. */
  readonly apiObjects: readonly ApiObject[];
  /** For each construct, which of `apiObjects` are it or below it: from, to (exclusive). */
  readonly ranges: ReadonlyMap<IConstruct, readonly [number, number]>;
}

export function walkTree(root: IConstruct): Tree {
  const constructs: IConstruct[] = [];
  const apiObjects: ApiObject[] = [];
  const ranges = new Map<IConstruct, [number, number]>();
  const visit = (construct: IConstruct): void => {
    const from = apiObjects.length;
    constructs.push(construct);
    if (ApiObject.isApiObject(construct)) apiObjects.push(construct);
    for (const child of construct.node.children) visit(child);
    ranges.set(construct, [from, apiObjects.length]);
  };
  visit(root);
  return { constructs, apiObjects, ranges };
}

/** For each object that has any: the objects that it needs, since it or a construct above it was told so with `addDependency`. Linear in constructs and stated edges. */
export function dependenciesOf(tree: Tree): { readonly needs: ReadonlyMap<ApiObject, ReadonlySet<ApiObject>>; readonly problems: readonly Problem[] } {
  const needs = new Map<ApiObject, Set<ApiObject>>();
  const problems: Problem[] = [];
  for (const construct of tree.constructs) {
    for (const target of construct.node.dependencies) {
      const range = tree.ranges.get(target);
      if (range) addNeeds(tree, needs, construct, range);
      else
        problems.push({
          path: construct.node.path,
          code: 'STACK_INVALID',
          message: `depends on ${target.node.path}, which is not in this app; make both in one stack file`,
        });
    }
  }
  return { needs, problems };
}

function addNeeds(tree: Tree, needs: Map<ApiObject, Set<ApiObject>>, source: IConstruct, [from, to]: readonly [number, number]): void {
  const targets = tree.apiObjects.slice(from, to);
  for (const object of tree.apiObjects.slice(...(tree.ranges.get(source) ?? [0, 0]))) {
    const known = needs.get(object) ?? new Set();
    targets.filter((target) => target !== object).forEach((target) => known.add(target));
    needs.set(object, known);
  }
}
