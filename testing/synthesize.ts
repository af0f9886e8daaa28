import { ownPlatform } from '../constructs/build/platform.ts';
import type { StackDefinition } from '../constructs/define-stack.ts';
import { type LoadOptions, synthesizeStack } from '../constructs/loader.ts';
import type { KubernetesObject, SynthObject, SynthResult } from '../constructs/synth/object.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { FunctionResource, KindName, ResourceOf } from '../protocol/schema/resources.ts';

/** What a stack comes to. */
export interface Synthesized {
  /** All objects, in the order to apply them. */
  readonly objects: readonly SynthObject[];
  /**
   * The object of this kind and name; the namespace is needed only where two have them.
   * @throws PlatformError NOT_FOUND naming the objects of that kind
   */
  object<K extends KindName>(kind: K, name: string, namespace?: string): ResourceOf<K>;
  object(kind: string, name: string, namespace?: string): KubernetesObject;
}

// Where `invoke` finds the code of a Function object, also when two copies of this module are loaded.
const PACKAGES = Symbol.for('fibonacci.dev/testing/packages');

/**
 * Synthesizes a stack in this process, with no cluster and no file written. What is compiled or installed for functions is so for this machine, so that `invoke` can run it.
 *
 * @example
 * import stack from './stack.ts';
 * expect(synthesize(stack).object('Function', 'hello').spec.timeout).toBe('5s');
 * @throws PlatformError as `fib synth` does, with every problem and its construct path
 */
export function synthesize(stack: StackDefinition, options: LoadOptions = {}): Synthesized {
  const { objects, packages } = synthesizeStack(stack, { platform: ownPlatform(), python: process.env['FIB_PYTHON'] ?? 'python3', ...options });
  for (const { object } of objects) Object.defineProperty(object, PACKAGES, { value: packages });
  return { objects, object: (kind: string, name: string, namespace?: string) => find(objects, kind, name, namespace) as never };
}

/** The bytes of the code of a Function that `synthesize` gave. @throws PlatformError PACKAGE_INVALID for any other object */
export function packageOf(fn: FunctionResource): Uint8Array {
  const packages = (fn as { [PACKAGES]?: SynthResult['packages'] })[PACKAGES];
  const { package: packed } = fn.spec;
  if (!packed) throw new PlatformError('PACKAGE_INVALID', `${fn.metadata.name} is a container and has no code to run here: call its image itself`);
  const bytes = packages?.get(packed.digest);
  if (bytes) return bytes;
  throw new PlatformError(
    'PACKAGE_INVALID',
    `the code of ${fn.kind} ${fn.metadata?.name} is not known: pass what synthesize(stack).object('Function', …) gave, not a copy`,
  );
}

function find(objects: readonly SynthObject[], kind: string, name: string, namespace: string | undefined): KubernetesObject {
  const ofKind = objects.map(({ object }) => object).filter((object) => object.kind === kind);
  const found = ofKind.filter(({ metadata }) => metadata.name === name && (namespace === undefined || metadata.namespace === namespace));
  const [first, second] = found;
  if (first && !second) return first;
  const where = namespace === undefined ? name : `${namespace}/${name}`;
  if (second)
    throw new PlatformError('NOT_FOUND', `${kind} ${where} is in the namespaces ${found.map(({ metadata }) => metadata.namespace).join(' and ')}: name one`);
  const names = ofKind.map(({ metadata }) => (metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`));
  throw new PlatformError('NOT_FOUND', `the stack has no ${kind} ${where}; ${names.length === 0 ? `it has no ${kind} at all` : `it has ${names.join(', ')}`}`);
}
