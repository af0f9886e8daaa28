import { loadStack } from '../../constructs/loader.ts';
import type { SynthObject } from '../../constructs/synth/object.ts';
import { SYSTEM_NAMESPACE } from '../../protocol/cluster-names.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { LABELS } from '../../protocol/names.ts';
import { findProject } from '../project.ts';
import { readStackConfig, type StackOptions } from '../stack-options.ts';
import type { Terminal } from '../terminal.ts';
import { findLargePackages, type LargePackage } from './large-packages.ts';
import { type Scope, scopesOf } from './scope.ts';

export interface AppOptions extends StackOptions {
  readonly namespace?: string;
  readonly gatewayUrl?: string;
}

/** A stack file as it goes into a cluster. */
export interface App {
  readonly file: string;
  /** In the order to apply them. */
  readonly objects: readonly SynthObject[];
  readonly scopes: readonly Scope[];
  /** Code that no ConfigMap among the objects holds. */
  readonly largePackages: readonly LargePackage[];
  /** Namespace of the platform that serves it. */
  readonly systemNamespace: string;
}

/** Loads a stack file through the one loader. @throws PlatformError as `loadStack` and `readStackConfig`; USAGE for a namespace that a stack contradicts */
export async function loadApp(cwd: string, stack: string | undefined, options: AppOptions, { note }: Pick<Terminal, 'note'>): Promise<App> {
  const project = findProject(cwd, stack);
  const { stack: file } = project;
  const { namespace, gatewayUrl } = options;
  const { config } = await readStackConfig(project, options, note);
  const load = { env: options.env, config, ...(namespace !== undefined && { namespace }) };
  const result = await loadStack(file, { ...load, ...(gatewayUrl !== undefined && { gatewayUrl }) });
  const systemNamespace = result.stacks[0]?.systemNamespace ?? SYSTEM_NAMESPACE;
  const other = result.stacks.find((one) => namespace !== undefined && one.namespace !== namespace);
  if (other) {
    const message = `--namespace ${namespace} is for stacks that name none, and "${other.name}" names ${other.namespace}: leave out --namespace, or \`namespace\` in the stack`;
    throw new PlatformError('USAGE', message);
  }
  const known = result.stacks.map(({ name, namespace: home }) => ({ label: LABELS.stack, id: name, home }));
  return { file, objects: result.objects, scopes: scopesOf(result.objects, known), systemNamespace, largePackages: findLargePackages(result) };
}
