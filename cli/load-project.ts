import { loadStack } from '../constructs/loader.ts';
import type { SynthResult } from '../constructs/synth/object.ts';
import { findProject } from './project.ts';
import { parseConfigValues, type StackOptions } from './stack-options.ts';

/** Loads the stack of a command line as it goes into a tree of files. @throws PlatformError as `loadStack`, USAGE */
export async function loadProject(
  cwd: string,
  stack: string | undefined,
  { env, config, gatewayUrl }: StackOptions & { readonly gatewayUrl?: string },
): Promise<SynthResult> {
  const { stack: file } = findProject(cwd, stack);
  return loadStack(file, { env, config: parseConfigValues(config), ...(gatewayUrl !== undefined && { gatewayUrl }) });
}
