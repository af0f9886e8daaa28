import type { Construct } from 'constructs';
import { PlatformError } from '../protocol/errors.ts';
import type { FunctionSpec } from '../protocol/schema/function.ts';
import type { FunctionResource } from '../protocol/schema/resources.ts';
import type { Package } from '../protocol/package.ts';
import { show } from '../protocol/schema/validate.ts';
import { BASE_DIRECTORY, type Code, type CodeContext } from './code.ts';
import type { FunctionDeployment } from './deployment.ts';
import type { Duration } from './duration.ts';
import { deploymentProblems } from './function-checks.ts';
import { renderFunctionSpec } from './function-spec.ts';
import { urlToken } from './function-url.ts';
import { checkProps, type PropNames } from './props.ts';
import { Resource, type ResourceProps } from './resource.ts';
import type { Runtime } from './runtime.ts';
import type { Secret } from './secret.ts';
import type { Size } from './size.ts';
import { BUDGET, type Budgeted } from './synth/disruption-budgets.ts';
import { CODE, type Packable } from './synth/packable.ts';

export interface FunctionScaling {
  /** Instances that always run: 0 to 1,000. @default 0 */
  readonly minReplicas?: number;
  /** Instances at the most: 1 to 1,000. @default 10 */
  readonly maxReplicas?: number;
  /** Without a request for this long, scale to `minReplicas`. @default Duration.seconds(60) */
  readonly idleTimeout?: Duration;
  /** Scale in only after the need was lower for this long. @default Duration.seconds(60) */
  readonly stabilizationWindow?: Duration;
  /** Requests a second that one instance is rated for, where no `ScalingRule.requestsPerSecond` says it. @default - not rated */
  readonly targetRate?: number;
}

export interface FunctionProps extends ResourceProps<'Function'> {
  /** The language runtime. */
  readonly runtime: Runtime;
  /** Module path without extension, a dot, and the export: `index.handler`, `src/app.main`. */
  readonly handler: string;
  /** What runs. */
  readonly code: Code;
  /** Environment variables: 256 at the most. Values may hold `fn.url` of other functions. @default {} */
  readonly env?: Readonly<Record<string, string>>;
  /** How the handler is called: `event` (`handler(event, context)`), `fetch` (Node.js), `asgi` or `wsgi` (Python). @default 'event' */
  readonly signature?: FunctionSpec['signature'];
  /** `thread`: one executor runs all requests of an instance; `process`: one process a request. @default 'thread' */
  readonly mode?: FunctionSpec['mode'];
  /** Longest run of one invocation, 100 ms to 15 minutes; all other timeouts follow from it. @default Duration.seconds(30) */
  readonly timeout?: Duration;
  /** Longest wait for an instance, 1 s to 5 minutes. @default Duration.seconds(30) */
  readonly activationTimeout?: Duration;
  /** Requests that one instance runs at once: 1 to 1,000. @default 16 */
  readonly concurrency?: number;
  /** Requests that may wait for an instance, at each gateway: 1 to 100,000. @default 1000 */
  readonly queueLimit?: number;
  /** Largest request body, at most 64 MiB. @default Size.mebibytes(10) */
  readonly bodyLimit?: Size;
  /** What is sent again after a broken connection: `idempotent` methods only, anything (`safe`), or nothing (`never`). @default 'idempotent' */
  readonly retry?: FunctionSpec['retry'];
  /** `internal`: called from inside the cluster alone; `public`: its routes also answer at the gateway's public port, where an ingress or load balancer stands in front of it. @default 'internal' */
  readonly access?: FunctionSpec['access'];
  /** Where instances come from: `hot(pool)` or `cold()`. @default cold() */
  readonly deployment?: FunctionDeployment;
  /** Bounds and pace of scaling. @default - 0 to 10 instances, idle after 60 s */
  readonly scaling?: FunctionScaling;
  /**
   * Instances that stay while nodes are drained, by a PodDisruptionBudget: 0 (none) to one less than `scaling.minReplicas`, so that a drain always gets on.
   * @default - half of `scaling.minReplicas`, rounded down
   */
  readonly minAvailable?: number;
}

const PROPS: PropNames<FunctionProps> = {
  runtime: true,
  handler: true,
  code: true,
  env: true,
  signature: true,
  mode: true,
  timeout: true,
  activationTimeout: true,
  concurrency: true,
  queueLimit: true,
  bodyLimit: true,
  retry: true,
  access: true,
  deployment: true,
  scaling: true,
  minAvailable: true,
  transform: true,
};

/** Stands in until the code is packed, at synthesis. */
const NOT_PACKED: FunctionSpec['package'] = { digest: `sha256:${'0'.repeat(64)}`, size: 1 };

/**
 * A function: code and how it runs.
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
export class Function extends Resource<'Function'> implements Packable, Budgeted {
  readonly runtime: Runtime;
  /** The gateway's URL of its first HTTP trigger, as a token for other functions’ env values, also inside of longer text. Without an HTTP trigger it is an error at synthesis. */
  readonly url: string;
  readonly #env: Record<string, string>;
  readonly #secrets: FunctionSpec['secrets'];
  readonly #scaling: { -readonly [K in keyof FunctionSpec['scaling']]: FunctionSpec['scaling'][K] };
  /** @internal */
  readonly [CODE]: Packable[typeof CODE];
  /** @internal */
  readonly [BUDGET]: number | undefined;
  #package: Package | undefined;

  constructor(scope: Construct, id: string, props: FunctionProps) {
    checkProps(`Function ${JSON.stringify(id)}`, props, PROPS);
    const spec = renderFunctionSpec(`Function ${JSON.stringify(id)}`, props);
    checkMinAvailable(`Function ${JSON.stringify(id)}`, props.minAvailable, spec.scaling);
    const { env, secrets, scaling } = spec;
    super(scope, id, 'Function', props.transform, () => ({
      ...spec,
      env: { ...env },
      secrets: [...secrets],
      scaling: { ...scaling },
      package: this.#packedSpec(),
    }));
    this.runtime = props.runtime;
    this.url = urlToken(this.node.path);
    this[BUDGET] = props.minAvailable;
    [this.#env, this.#secrets, this.#scaling] = [env, secrets, scaling];
    this[CODE] = { pack: () => (this.#package ??= props.code.pack(this.#codeContext(props))), sources: () => props.code.sources(this.#codeContext(props)) };
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
    this[CODE].pack();
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

  #packedSpec(): FunctionSpec['package'] {
    return this.#package ? { digest: this.#package.digest, size: this.#package.bytes.length } : NOT_PACKED;
  }

  #codeContext({ runtime, handler }: FunctionProps): CodeContext {
    return { baseDirectory: (this.node.tryGetContext(BASE_DIRECTORY) as string | undefined) ?? process.cwd(), runtime, handler };
  }

  #checkFree(name: string): void {
    if (Object.hasOwn(this.#env, name) || this.#secrets.some((secret) => secret.env === name)) {
      throw new PlatformError('SPEC_INVALID', `${this.node.path}: the environment variable ${name} is set already; set it once`);
    }
  }
}

/** @throws PlatformError SPEC_INVALID for a number by which no node could be drained */
function checkMinAvailable(what: string, minAvailable: number | undefined, { minReplicas }: FunctionSpec['scaling']): void {
  if (minAvailable === undefined || (Number.isInteger(minAvailable) && minAvailable >= 0 && minAvailable < Math.max(1, minReplicas))) return;
  throw new PlatformError(
    'SPEC_INVALID',
    `${what}: minAvailable (${show(minAvailable)}) must be a whole number below scaling.minReplicas (${minReplicas}), or 0: with all of them kept, no node could be drained`,
  );
}
