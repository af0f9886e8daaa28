import { type ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { PlatformError } from '../protocol/errors.ts';
import { SYSTEM_NAMESPACE } from '../protocol/cluster-names.ts';
import { LABELS } from '../protocol/names.ts';
import { NAME_PATTERN } from '../protocol/schema/fields.ts';
import { checkProps, type PropNames } from './props.ts';
import { type NamespaceLimits, renderNamespaceLimits, type StackLimits, type StackQuota } from './stack-limits.ts';
import { checkStackMetadata } from './stack-metadata.ts';

export interface FunctionStackProps {
  /** The namespace of everything in the stack. @default - the one that `fib deploy --namespace` says, else 'default' */
  readonly namespace?: string;
  /** Labels of everything in the stack, besides `fibonacci.dev/stack`; an object's own win. Names below `fibonacci.dev/` are refused. @default {} */
  readonly labels?: Readonly<Record<string, string>>;
  /** Annotations of everything in the stack; an object's own win. Names below `fibonacci.dev/` are refused. @default {} */
  readonly annotations?: Readonly<Record<string, string>>;
  /** What everything in the stack's namespace may take together. One stack of a namespace says it, for all of them. @default - any */
  readonly quota?: StackQuota;
  /** What one container in the stack's namespace may take. One stack of a namespace says it, for all of them. @default - any */
  readonly limits?: StackLimits;
  /** Namespace of the platform that serves the stack: its scaler may read the Secrets that the stack's functions name. @default - that of the app's Platform, else 'fibonacci-system' */
  readonly systemNamespace?: string;
  /**
   * Former paths of constructs that were renamed or moved inside of the stack, by their present ones: objects keep the names that they had, so that no manifest changes. What is below a construct goes with it: `{ 'orders/welcome': 'greet' }`.
   * @default {}
   */
  readonly formerIds?: Readonly<Record<string, string>>;
}

const PROPS: PropNames<FunctionStackProps> = {
  namespace: true,
  labels: true,
  annotations: true,
  quota: true,
  limits: true,
  systemNamespace: true,
  formerIds: true,
};
const MARK = Symbol.for('fibonacci.dev/function-stack');
/** Key of the construct tree's context: the namespace of stacks that name none. */
export const NAMESPACE_CONTEXT = 'fibonacci.dev/namespace';

/**
 * A chart of functions, their triggers, pools and rules. Any other Kubernetes object (cdk8s, cdk8s-plus) comes along.
 *
 * @example const stack = new FunctionStack(app, 'shop', { namespace: 'shop', quota: { pods: 50, memory: Size.gibibytes(16) } });
 * @throws PlatformError SPEC_INVALID for a bad id, namespace or unknown prop; STACK_INVALID for an id that is taken
 */
export class FunctionStack extends Chart {
  declare readonly namespace: string;
  /** As the props say. */
  readonly systemNamespace: string | undefined;
  /** @internal */
  readonly annotations: Readonly<Record<string, string>>;
  /** @internal */
  readonly namespaceLimits: NamespaceLimits;
  readonly #formerIds: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: FunctionStackProps = {}) {
    checkProps(`FunctionStack ${JSON.stringify(id)}`, props, PROPS);
    checkName(id, 'id');
    const namespace = props.namespace ?? (scope.node.tryGetContext(NAMESPACE_CONTEXT) as string | undefined) ?? 'default';
    checkName(namespace, 'namespace');
    checkName(props.systemNamespace ?? SYSTEM_NAMESPACE, 'systemNamespace');
    const { labels, annotations } = checkStackMetadata(`FunctionStack ${JSON.stringify(id)}`, props);
    const namespaceLimits = renderNamespaceLimits(`FunctionStack ${JSON.stringify(id)}`, props);
    if (scope.node.tryFindChild(id))
      throw new PlatformError('STACK_INVALID', `${id}: there is another construct with this id already; give one of them another id`);
    super(scope, id, { namespace, labels: { ...labels, [LABELS.stack]: id } });
    this.systemNamespace = props.systemNamespace;
    [this.annotations, this.namespaceLimits] = [annotations, namespaceLimits];
    this.#formerIds = props.formerIds ?? {};
    this.node.addValidation({ validate: () => this.#formerProblems() });
    Object.defineProperty(this, MARK, { value: true });
  }

  /**
   * The construct's path inside of the stack, without a hash: moving the stack renames nothing, and two equal names are an error at synthesis.
   * Libraries make ids with other signs, too; those become `-` and lower case.
   */
  override generateObjectName(object: ApiObject): string {
    const path = this.namingPath(object.node.path)
      .split('/')
      .filter((part) => part !== 'Resource' && part !== 'Default')
      .join('-');
    const name = path
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '');
    if (name !== '' && name.length <= 253) return name;
    throw new PlatformError(
      'SPEC_INVALID',
      `${object.node.path}: its path makes no name for a ${object.kind}; use letters, digits and "-" in construct ids (253 signs at the most), or give it metadata.name`,
    );
  }

  /** @internal The path in the stack that names follow from: the former one, where a construct was renamed or moved. */
  namingPath(path: string): string {
    const inStack = path.slice(this.node.path.length + 1);
    const known = Object.keys(this.#formerIds).filter((key) => inStack === key || inStack.startsWith(`${key}/`));
    const [nearest] = known.sort((a, b) => b.length - a.length);
    return nearest === undefined ? inStack : `${this.#formerIds[nearest]}${inStack.slice(nearest.length)}`;
  }

  #formerProblems(): string[] {
    const paths = new Set(this.node.findAll().map(({ node }) => node.path.slice(this.node.path.length + 1)));
    return Object.entries(this.#formerIds)
      .filter(([path]) => !paths.has(path))
      .map(
        ([path, former]) =>
          `formerIds says that ${JSON.stringify(path)} was ${JSON.stringify(former)}, and there is no such construct in the stack; write its present path`,
      );
  }

  /** cdk8s’ own synthesis ends here. @throws PlatformError STACK_INVALID always */
  override toJson(): never {
    throw new PlatformError(
      'STACK_INVALID',
      `app.synth() cannot write the FunctionStack "${this.node.path}", which has code packages and URLs that only our synthesizer knows: export the stack with defineStack and run \`fib synth\`; in tests use synthesize of fibonacci-faas/testing`,
    );
  }
}

/** Also true for one of another copy of this package. */
export function isFunctionStack(value: unknown): value is FunctionStack {
  return typeof value === 'object' && value !== null && MARK in value;
}

function checkName(value: unknown, what: string): void {
  if (typeof value === 'string' && value.length <= 63 && new RegExp(NAME_PATTERN).test(value)) return;
  throw new PlatformError(
    'SPEC_INVALID',
    `${JSON.stringify(value)} cannot be the ${what} of a FunctionStack: write lower-case letters, digits and "-", beginning with a letter, at most 63`,
  );
}
