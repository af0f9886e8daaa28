import { ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { PlatformError } from '../../protocol/errors.ts';
import { NAME_PATTERN } from '../../protocol/schema/fields.ts';
import { show, unknownField } from '../../protocol/schema/validate.ts';
import { BASE_DIRECTORY } from '../code.ts';
import { type FunctionStack, isFunctionStack } from '../function-stack.ts';
import { idOf } from '../synth/group-kind.ts';
import type { KubernetesObject } from '../synth/object.ts';
import { PLATFORM, type PlatformPart } from '../synth/platform-part.ts';
import { resolveImages } from './images.ts';
import { platformObjects } from './platform-objects.ts';
import type { PlatformPlan } from './platform-plan.ts';
import type { PlatformProps, PlatformTransform } from './platform-props.ts';
import { type NamespaceSetting, type PlatformSettings, resolveSettings } from './settings.ts';

/**
 * Everything that a cluster needs to run functions: namespaces, CRDs, access rights, gateway, scaler, Services, network policies, Prometheus and Alertmanager.
 * Its objects are written to a tree of their own, `platform/`, which is applied before `functions/`. `fib dev` needs none of it and leaves it out.
 *
 * @example
 * new Platform(app, 'fibonacci', {
 *   images: { registry: 'registry.example.com/fibonacci' },
 *   cluster: { apiServerCidrs: ['10.0.0.1/32'] },
 *   exposure: { ingress: { hosts: ['functions.example.com'], tlsSecret: 'functions-tls' } },
 * });
 * @throws PlatformError SPEC_INVALID with every issue; STACK_INVALID for an id that is taken
 */
export class Platform extends Chart {
  declare readonly namespace: string;
  /** @internal */
  readonly [PLATFORM]: PlatformPart[typeof PLATFORM];
  readonly #settings: PlatformSettings;
  readonly #transform: Readonly<Record<string, PlatformTransform>>;
  /** Ids of the constructs of its objects. */
  #made: readonly string[] = [];

  constructor(scope: Construct, id: string, props: PlatformProps = {}) {
    checkId(scope, id);
    const settings = resolveSettings(id, props);
    super(scope, id, { namespace: settings.namespace });
    this.#settings = settings;
    this.#transform = props.transform ?? {};
    const { namespace, artifacts, gateway } = settings;
    this[PLATFORM] = { namespace, artifacts: artifacts !== undefined, drainMs: gateway.drainSeconds * 1000, expand: () => this.#expand() };
  }

  #expand(): void {
    for (const id of this.#made) this.node.tryRemoveChild(id);
    const app = this.node.root.node.findAll();
    const plan = this.#plan(app.filter(isFunctionStack));
    const declared = new Set(app.flatMap((one) => (ApiObject.isApiObject(one) && one.kind === 'Namespace' ? [one.name] : [])));
    const objects = platformObjects(plan).filter(({ kind, metadata }) => kind !== 'Namespace' || !declared.has(metadata.name));
    this.#made = transformAll(objects, this.#transform).map((object) => new PlatformObject(this, object).node.id);
  }

  #plan(stacks: readonly FunctionStack[]): PlatformPlan {
    const functionNamespaces = functionNamespacesOf(this.#settings, stacks);
    const folder = (this.node.tryGetContext(BASE_DIRECTORY) as string | undefined) ?? process.cwd();
    return { ...this.#settings, functionNamespaces, imageRefs: resolveImages(this.#settings.images, folder) };
  }
}

/** @throws PlatformError STACK_INVALID for a stack where no function is seen */
function functionNamespacesOf({ namespace: system, functionNamespaces }: PlatformSettings, stacks: readonly FunctionStack[]): readonly NamespaceSetting[] {
  const astray = stacks.find(({ namespace }) => namespace === system || functionNamespaces?.every(({ name }) => name !== namespace));
  if (astray) {
    const { node, namespace } = astray;
    throw new PlatformError(
      'STACK_INVALID',
      namespace === system
        ? `the FunctionStack ${node.path} is in ${namespace}, the platform's own namespace: give one of them another namespace`
        : `the FunctionStack ${node.path} is in namespace ${namespace}, which functionNamespaces does not name: add it there, or give the stack another namespace`,
    );
  }
  const names = stacks.length > 0 ? [...new Set(stacks.map(({ namespace }) => namespace))].sort() : ['default'];
  return functionNamespaces ?? names.map((name) => ({ name, create: name !== 'default' }));
}

/** An object as it was rendered. */
class PlatformObject extends ApiObject {
  readonly #object: KubernetesObject;

  constructor(platform: Platform, object: KubernetesObject) {
    super(platform, idOf(object).replaceAll('/', ':'), { apiVersion: object.apiVersion, kind: object.kind, metadata: { ...object.metadata } });
    this.#object = object;
  }

  override toJson(): KubernetesObject {
    return this.#object;
  }
}

function transformAll(objects: readonly KubernetesObject[], transforms: Readonly<Record<string, PlatformTransform>>): KubernetesObject[] {
  const unused = new Set(Object.keys(transforms));
  const done = objects.map((object) =>
    [...new Set([shortId(object), idOf(object)])].reduce((current, id) => {
      const transform = Object.hasOwn(transforms, id) ? transforms[id] : undefined;
      if (!transform) return current;
      unused.delete(id);
      const copy = structuredClone(current);
      return transform(copy) ?? copy;
    }, object),
  );
  const [id] = unused;
  if (id === undefined) return done;
  const { path, message } = unknownField(id, [...new Set(objects.flatMap((object) => [shortId(object), idOf(object)]))].sort(), 'transform');
  throw new PlatformError('SPEC_INVALID', `${path}: ${message.replace('unknown field', 'the platform has no such object')}`);
}

/** Without the namespace. */
function shortId({ kind, metadata }: KubernetesObject): string {
  return `${kind}/${metadata.name}`;
}

function checkId(scope: Construct, id: unknown): asserts id is string {
  if (typeof id !== 'string' || id.length > 63 || !new RegExp(NAME_PATTERN).test(id)) {
    throw new PlatformError(
      'SPEC_INVALID',
      `${show(id)} cannot be the id of a Platform: write lower-case letters, digits and "-", beginning with a letter, at most 63`,
    );
  }
  if (scope.node.tryFindChild(id))
    throw new PlatformError('STACK_INVALID', `${id}: there is another construct with this id already; give one of them another id`);
}
