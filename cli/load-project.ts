import { loadStack } from '../constructs/loader.ts';
import type { SynthResult } from '../constructs/synth/object.ts';
import { findProject } from './project.ts';
import { readStackConfig, type StackOptions } from './stack-options.ts';
import type { Terminal } from './terminal.ts';

/** Loads the stack of a command line as it goes into a tree of files. @throws PlatformError as `loadStack` and `readStackConfig` */
export async function loadProject(
  cwd: string,
  stack: string | undefined,
  options: StackOptions & { readonly gatewayUrl?: string },
  { note }: Pick<Terminal, 'note'>,
): Promise<SynthResult> {
  const project = findProject(cwd, stack);
  const { config } = await readStackConfig(project, options, note);
  return loadStack(project.stack, { env: options.env, config, ...(options.gatewayUrl !== undefined && { gatewayUrl: options.gatewayUrl }) });
}
