import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { App } from 'cdk8s';
import { PlatformError } from '../protocol/errors.ts';
import { ownPlatform, type Platform } from './build/platform.ts';
import { BASE_DIRECTORY, CODE_PLATFORM, CODE_PYTHON } from './code.ts';
import { isStackDefinition, type StackDefinition } from './define-stack.ts';
import { NAMESPACE_CONTEXT } from './function-stack.ts';
import { loadError } from './load-error.ts';
import type { SynthResult } from './synth/object.ts';
import { tolerateOutputs } from './synth/output-problems.ts';
import { synthesizeApp } from './synth/synthesize.ts';

export interface LoadOptions {
  /** Name of the environment. @default 'dev' */
  readonly env?: string;
  /** Values for the stack's `config`. @default {} */
  readonly config?: Readonly<Record<string, string>>;
  /** Namespace of the stacks that name none. @default 'default' */
  readonly namespace?: string;
  /** Base URL that `fn.url` begins with. @default - the gateway's Service inside of the cluster; for target `local` http://127.0.0.1:8080 */
  readonly gatewayUrl?: string;
  /** `cluster`: with all that a cluster needs; `local`: only what stacks declare. @default 'cluster' */
  readonly target?: 'cluster' | 'local';
  /** What code is compiled for. @default - this machine for target `local`, else the cluster's nodes, as the code names them */
  readonly platform?: Platform;
  /** Interpreter on this machine that runs Python functions: what they require is installed for it. @default - for that of the runtime image */
  readonly python?: string;
}

/**
 * Loads a stack file into this process and synthesizes it: the one way for dev, synth, deploy and tests. A file that was imported before is not read again; see `loadStackFresh`.
 *
 * @throws PlatformError STACK_LOAD_FAILED with file and line; STACK_INVALID, SPEC_INVALID, CODE_INVALID or PROMQL_INVALID with every problem and its construct path
 */
export async function loadStack(file: string, options: LoadOptions = {}): Promise<SynthResult> {
  const path = resolve(file);
  let definition: unknown;
  try {
    definition = ((await import(/* @vite-ignore */ pathToFileURL(path).href)) as { default?: unknown }).default;
  } catch (error) {
    throw loadError(path, error);
  }
  if (!isStackDefinition(definition)) {
    throw new PlatformError('STACK_LOAD_FAILED', `${path} does not export a stack: write export default defineStack((app, { env, config }) => { … })`, {
      details: { file: path },
    });
  }
  const result = synthesizeStack(definition, options, path);
  return { ...result, sources: [...new Set([path, ...result.sources])] };
}

/**
 * Builds and synthesizes a stack that is at hand.
 * @param file for error messages, where the stack was loaded from one
 * @throws PlatformError as `loadStack`
 */
export function synthesizeStack(stack: StackDefinition, options: LoadOptions = {}, file?: string): SynthResult {
  const app = new App({ resolvers: [tolerateOutputs] });
  app.node.setContext(BASE_DIRECTORY, stack.folder);
  const platform = options.platform ?? (options.target === 'local' ? ownPlatform() : undefined);
  if (platform) app.node.setContext(CODE_PLATFORM, platform);
  if (options.python !== undefined) app.node.setContext(CODE_PYTHON, options.python);
  if (options.namespace !== undefined) app.node.setContext(NAMESPACE_CONTEXT, options.namespace);
  try {
    const returned = stack.define(app, Object.freeze({ env: options.env ?? 'dev', config: Object.freeze({ ...options.config }) })) as unknown;
    if (returned instanceof Promise) {
      returned.catch(() => undefined);
      throw new PlatformError(
        'STACK_INVALID',
        'defineStack was given an asynchronous function; build the constructs at once, and await what is needed at the top of the stack file',
      );
    }
  } catch (error) {
    throw loadError(file, error);
  }
  const { gatewayUrl, target } = options;
  return synthesizeApp(app, { ...(gatewayUrl !== undefined && { gatewayUrl }), ...(target !== undefined && { target }) });
}
