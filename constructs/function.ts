import type { Construct } from 'constructs';
import { PlatformError } from '../protocol/errors.ts';
import type { FunctionRuntime } from '../protocol/schema/fields.ts';
import type { FunctionSpec } from '../protocol/schema/function.ts';
import type { FunctionResource } from '../protocol/schema/resources.ts';
import type { Package } from '../protocol/package.ts';
import { show } from '../protocol/schema/validate.ts';
import type { Platform } from './build/platform.ts';
import { BASE_DIRECTORY, CODE_PLATFORM, CODE_PYTHON } from './code.ts';
import type { CodeContext } from './code-form.ts';
import { deploymentProblems } from './function-checks.ts';
import { FUNCTION_PROPS, type FunctionProps, IMAGE_FUNCTION_PROPS, type ImageFunctionProps } from './function-props.ts';
import { renderFunctionSpec } from './function-spec.ts';
import { urlToken } from './function-url.ts';
import { checkProps } from './props.ts';
import { Resource } from './resource.ts';
import type { Secret } from './secret.ts';
import { BUDGET, type Budgeted } from './synth/disruption-budgets.ts';
import { CODE, type Packable } from './synth/packable.ts';

/** Stands in until the code is packed, at synthesis. */
const NOT_PACKED: NonNullable<FunctionSpec['package']> = { digest: `sha256:${'0'.repeat(64)}`, size: 1 };

/**
 * A function: code, or a container (`Function.fromImage`), and how it runs.
 *
 * @example
 * const greet = new Function(stack, 'greet', {
 *   runtime: Runtime.NODEJS,
 *   handler: 'index.handler',
 *   code: Code.fromDirectory('./functions/greet'),
 *   timeout: Duration.seconds(5),
 * });
 * @throws PlatformError SPEC_INVALID with every issue; STACK_INVALID for an id that is taken
 */
export class Function extends Resource<'Function'> implements Partial<Packable>, Budgeted {
  /**
   * A function that is a container: any image that listens on `$PORT` runs with no change. It has no watcher: its port says that it is ready, its gateway counts, measures and limits, and each instance is a container of its own.
   *
   * @example
   * const shop = Function.fromImage(stack, 'shop', {
   *   image: 'registry.example.com/shop:1.4.2',
   *   env: { REGION: 'eu' },
   *   concurrency: 80,
   * });
   * @throws PlatformError SPEC_INVALID with every issue; STACK_INVALID for an id that is taken
   */
  static fromImage(scope: Construct, id: string, props: ImageFunctionProps): Function {
    return new Function(scope, id, props);
  }

  /** A language, or `container`. */
  readonly runtime: FunctionRuntime;
  /** The gateway's URL of its first HTTP trigger, as a token for other functions’ env values, also inside of longer text. Without an HTTP trigger it is an error at synthesis. */
  readonly url: string;
  readonly #env: Record<string, string>;
  readonly #secrets: FunctionSpec['secrets'];
  readonly #scaling: { -readonly [K in keyof FunctionSpec['scaling']]: FunctionSpec['scaling'][K] };
  /** @internal */
  readonly [CODE]?: Packable[typeof CODE];
  /** @internal */
  readonly [BUDGET]: number | undefined;
  #package: Package | undefined;

  constructor(scope: Construct, id: string, props: FunctionProps);
  /** @internal For `fromImage`. */
  constructor(scope: Construct, id: string, props: FunctionProps | ImageFunctionProps);
  constructor(scope: Construct, id: string, props: FunctionProps | ImageFunctionProps) {
    checkProps<unknown>(`Function ${JSON.stringify(id)}`, props, isImage(props) ? IMAGE_FUNCTION_PROPS : FUNCTION_PROPS);
    const spec = renderFunctionSpec(`Function ${JSON.stringify(id)}`, props);
    checkMinAvailable(`Function ${JSON.stringify(id)}`, props.minAvailable, spec.scaling);
    const { env, secrets, scaling } = spec;
    super(scope, id, 'Function', props.transform, () => ({
      ...spec,
      env: { ...env },
      secrets: [...secrets],
      scaling: { ...scaling },
      ...(this[CODE] && { package: this.#packedSpec() }),
    }));
    this.runtime = spec.runtime;
    this.url = urlToken(this.node.path);
    this[BUDGET] = props.minAvailable;
    [this.#env, this.#secrets, this.#scaling] = [env, secrets, scaling];
    if (!isImage(props)) {
      const { code } = props;
      const context = () => this.#codeContext(props);
      this[CODE] = {
        pack: () => (this.#package ??= code.pack(context())),
        sources: () => code.sources(context()),
        order: () => ({ form: code.form, context: context() }),
      };
    }
    this.check();
    const { deployment } = props;
    if (deployment?.pool) this.node.addDependency(deployment.pool);
    this.node.addValidation({ validate: () => deploymentProblems(this, deployment) });
  }

  /** Adds an environment variable. @throws PlatformError SPEC_INVALID for a bad name or one that is set already */
  addEnv(name: string, value: string): void {
    this.#checkFree(name);
    this.#env[name] = value;
    this.check();
  }

  /**
   * Gives the function a secret as an environment variable; the value is in no manifest.
   *
   * @example greet.addSecret('API_KEY', Secret.fromName('stripe', { key: 'api-key' }))
   * @throws PlatformError SPEC_INVALID for a bad name or one that is set already
   */
  addSecret(name: string, secret: Secret): void {
    this.#checkFree(name);
    this.#secrets.push({ env: name, name: secret.name, key: secret.key });
    this.check();
  }

  /** @throws PlatformError CODE_INVALID when the code cannot be packed */
  override toJson(): FunctionResource {
    this[CODE]?.pack();
    return super.toJson();
  }

  /** @internal Rates one instance. @throws PlatformError STACK_INVALID when it is rated differently already */
  rate(target: number, by: string): void {
    const known = this.#scaling.targetRate;
    if (known !== undefined && known !== target) {
      throw new PlatformError(
        'STACK_INVALID',
        `${by} rates an instance of ${this.node.path} at ${target} requests a second, and it is rated at ${known} already; give both the same target`,
      );
    }
    this.#scaling.targetRate = target;
  }

  #packedSpec(): typeof NOT_PACKED {
    return this.#package ? { digest: this.#package.digest, size: this.#package.bytes.length } : NOT_PACKED;
  }

  #codeContext({ runtime, handler, files }: FunctionProps): CodeContext {
    const platform = this.node.tryGetContext(CODE_PLATFORM) as Platform | undefined;
    const baseDirectory = (this.node.tryGetContext(BASE_DIRECTORY) as string | undefined) ?? process.cwd();
    const python = this.node.tryGetContext(CODE_PYTHON) as string | undefined;
    return { baseDirectory, runtime, handler, ...(files && { files }), ...(platform && { platform }), ...(python !== undefined && { python }) };
  }

  #checkFree(name: string): void {
    if (Object.hasOwn(this.#env, name) || this.#secrets.some((secret) => secret.env === name)) {
      throw new PlatformError('SPEC_INVALID', `${this.node.path}: the environment variable ${name} is set already; set it once`);
    }
  }
}

function isImage(props: FunctionProps | ImageFunctionProps): props is ImageFunctionProps {
  return typeof props === 'object' && props !== null && 'image' in props;
}

/** @throws PlatformError SPEC_INVALID for a number by which no node could be drained */
function checkMinAvailable(what: string, minAvailable: number | undefined, { minReplicas }: FunctionSpec['scaling']): void {
  if (minAvailable === undefined || (Number.isInteger(minAvailable) && minAvailable >= 0 && minAvailable < Math.max(1, minReplicas))) return;
  throw new PlatformError(
    'SPEC_INVALID',
    `${what}: minAvailable (${show(minAvailable)}) must be a whole number below scaling.minReplicas (${minReplicas}), or 0: with all of them kept, no node could be drained`,
  );
}
