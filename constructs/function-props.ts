import type { FunctionSpec } from '../protocol/schema/function.ts';
import type { Code } from './code.ts';
import type { ColdDeployment, FunctionDeployment } from './deployment.ts';
import type { Duration } from './duration.ts';
import type { PropNames } from './props.ts';
import type { ResourceProps } from './resource.ts';
import type { Runtime } from './runtime.ts';
import type { Size } from './size.ts';

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

/** What functions have in common, whatever they run. */
export interface CommonFunctionProps extends ResourceProps<'Function'> {
  /** Environment variables: 256 at the most. Values may hold `fn.url` of other functions. @default {} */
  readonly env?: Readonly<Record<string, string>>;
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
  /** Bounds and pace of scaling. @default - 0 to 10 instances, idle after 60 s */
  readonly scaling?: FunctionScaling;
  /**
   * Instances that stay while nodes are drained, by a PodDisruptionBudget: 0 (none) to one less than `scaling.minReplicas`, so that a drain always gets on.
   * @default - half of `scaling.minReplicas`, rounded down
   */
  readonly minAvailable?: number;
}

export interface FunctionProps extends CommonFunctionProps {
  /** The language runtime. */
  readonly runtime: Runtime;
  /** Module path without extension, a dot, and the export: `index.handler`, `src/app.main`; in Java class and method: `com.acme.Hello.handle`; in Go file and exported name: `hello.Handler`. */
  readonly handler: string;
  /** What runs. */
  readonly code: Code;
  /**
   * Text files beside the code, such as configuration, by path: `{ 'config/limits.json': '{"max":5}' }`. The function finds them in its working directory, in Java on its class path.
   * A change reaches running instances as one of the code does. They are in clear in manifests and packages; secrets go by `addSecret`. @default {}
   */
  readonly files?: Readonly<Record<string, string>>;
  /** How the handler is called: `event` (`handler(event, context)`), `fetch` (Node.js), `asgi` or `wsgi` (Python), `http` (Java, Go), `framework` or `lambda` (Node.js, Python: written for Functions Framework or AWS Lambda). @default 'event' */
  readonly signature?: FunctionSpec['signature'];
  /** `thread`: one executor runs all requests of an instance; `process`: one process a request. @default 'thread' */
  readonly mode?: FunctionSpec['mode'];
  /** Where instances come from: `hot(pool)` or `cold()`. @default cold() */
  readonly deployment?: FunctionDeployment;
}

/** A function that is a container: any image that listens on `$PORT` runs with no change. */
export interface ImageFunctionProps extends CommonFunctionProps {
  /** By digest (`registry/app@sha256:…`) or by tag. Behind a tag that moves, what runs goes on running: only another reference is another revision. */
  readonly image: string;
  /** Port that it listens on, also told to it as `PORT`. HTTP/1.1 is spoken to it. @default 8080 */
  readonly port?: number;
  /** In place of the image’s entrypoint; taken literally. @default - the image’s */
  readonly command?: readonly string[];
  /** In place of the image’s arguments; taken literally. @default - the image’s */
  readonly args?: readonly string[];
  /** Instances are started when the first request comes. None wait in a pod pool: those are watchers that take code. @default cold() */
  readonly deployment?: ColdDeployment;
}

const COMMON: PropNames<CommonFunctionProps> = {
  env: true,
  timeout: true,
  activationTimeout: true,
  concurrency: true,
  queueLimit: true,
  bodyLimit: true,
  retry: true,
  access: true,
  scaling: true,
  minAvailable: true,
  transform: true,
};

/** Of `new Function`. */
export const FUNCTION_PROPS: PropNames<FunctionProps> = {
  runtime: true,
  handler: true,
  code: true,
  files: true,
  signature: true,
  mode: true,
  deployment: true,
  ...COMMON,
};

/** Of `Function.fromImage`. */
export const IMAGE_FUNCTION_PROPS: PropNames<ImageFunctionProps> = { image: true, port: true, command: true, args: true, deployment: true, ...COMMON };
