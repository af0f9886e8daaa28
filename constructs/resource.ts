import { ApiObject, type ApiObjectProps } from 'cdk8s';
import type { Construct } from 'constructs';
import { PlatformError } from '../protocol/errors.ts';
import { API_VERSION } from '../protocol/names.ts';
import { NAME_PATTERN } from '../protocol/schema/fields.ts';
import type { KindName, ResourceOf } from '../protocol/schema/resources.ts';
import { isFunctionStack } from './function-stack.ts';
import { objectProblems } from './synth/object-problems.ts';
import { problemsError } from './synth/problem.ts';

type Mutable<T> = T extends readonly (infer E)[] ? Mutable<E>[] : T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

/**
 * Changes the finished object, in place or by returning another one, for what the props do not offer. It runs before the object is checked, so the result must still be valid.
 *
 * @example
 * new HttpTrigger(stack, 'greet-http', {
 *   function: greet,
 *   path: '/greet',
 *   transform: (object) => { object.metadata.annotations = { team: 'shop' }; },
 * });
 */
export type Transform<K extends KindName> = (object: Mutable<ResourceOf<K>>) => ResourceOf<K> | void;

export interface ResourceProps<K extends KindName> {
  /** Changes the finished object before it is checked. @default - none */
  readonly transform?: Transform<K>;
}

/** A construct that is one object of our API group; its id is the object's name, or its former id, where the stack's `formerIds` has one. */
export abstract class Resource<K extends KindName> extends ApiObject {
  /** The namespace of the object: that of its stack. */
  readonly namespace: string;
  readonly #transform: Transform<K> | undefined;

  /** @throws PlatformError SPEC_INVALID, STACK_INVALID */
  constructor(scope: Construct, id: string, kind: K, transform: Transform<K> | undefined, spec: () => ResourceOf<K>['spec']) {
    super(placeFor(scope, id, kind), id, objectProps(kind, nameFor(scope, id), spec));
    this.#transform = transform;
    if (!isFunctionStack(this.chart)) {
      throw new PlatformError('STACK_INVALID', `${this.node.path}: a ${kind} belongs into a FunctionStack, not into a plain Chart`);
    }
    this.namespace = this.chart.namespace;
  }

  /** The object as it is written, before tokens such as `fn.url` are filled in. */
  override toJson(): ResourceOf<K> {
    const object = this.render();
    return this.#transform?.(object as Mutable<ResourceOf<K>>) ?? object;
  }

  /** Own props fail in the constructor. @throws PlatformError SPEC_INVALID or PROMQL_INVALID with every issue */
  protected check(): void {
    const problems = objectProblems(this.node.path, this.render());
    if (problems.length > 0) throw problemsError(problems);
  }

  private render(): ResourceOf<K> {
    return super.toJson() as ResourceOf<K>;
  }
}

/** The id, unless its stack knows a former one. */
function nameFor(scope: Construct, id: string): string {
  const stack = scope.node.scopes.findLast(isFunctionStack);
  return stack?.namingPath(`${scope.node.path}/${id}`).split('/').at(-1) ?? id;
}

function objectProps<K extends KindName>(kind: K, name: string, spec: () => ResourceOf<K>['spec']): ApiObjectProps {
  return {
    apiVersion: API_VERSION,
    kind,
    metadata: { name },
    // Read at each rendering: methods such as addEnv change the construct after it was made.
    get spec() {
      return spec();
    },
  };
}

/** The scope, once the id is a name and free. */
function placeFor(scope: Construct, id: string, kind: KindName): Construct {
  if (typeof id !== 'string' || id.length > 63 || !new RegExp(NAME_PATTERN).test(id)) {
    throw new PlatformError(
      'SPEC_INVALID',
      `${JSON.stringify(id)} cannot be the id of a ${kind}: it becomes the object’s name, so write lower-case letters, digits and "-", beginning with a letter, at most 63`,
    );
  }
  if (scope.node.tryFindChild(id)) {
    throw new PlatformError('STACK_INVALID', `${scope.node.path}/${id}: there is another construct with the id "${id}" already; give one of them another id`);
  }
  return scope;
}
