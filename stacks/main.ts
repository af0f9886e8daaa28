import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { foldersBetween, readEnvironment } from '../constructs/environment.ts';
import { loadStack } from '../constructs/loader.ts';
import type { SynthResult } from '../constructs/synth/object.ts';
import { isPlatformError, problemsError } from '../constructs/synth/problem.ts';
import { KubernetesError } from '../kit/kubernetes/client.ts';
import { requireVersion } from '../kit/kubernetes/version.ts';
import { GATEWAY_NAME } from '../protocol/cluster-names.ts';
import { PlatformError } from '../protocol/errors.ts';
import { type TargetCluster, withClient } from './cluster-client.ts';
import { destroyGuard } from './destroy-guard.ts';
import { endpointsOf } from './endpoints.ts';
import { findKubeconfig } from './kubeconfig.ts';
import { guardPlace } from './guard-places.ts';
import { KubernetesProvider } from './kubernetes-provider.ts';
import { ManifestComponent } from './manifest-component.ts';
import { packageProblems } from './package-problems.ts';
import { parseStackConfig, type StackConfig, stackConfigSchema } from './stack-config.ts';

/** What `pulumi stack output` shows. */
export interface StackOutputs {
  /** Base URL of functions; absent where the stack file has no Platform. */
  readonly gatewayUrl?: pulumi.Output<string>;
  /** Of the admin API, inside of the cluster. */
  readonly adminUrl?: pulumi.Output<string>;
  /** URLs of the functions with an HTTP trigger, inside of the cluster, by `<namespace>/<name>`. */
  readonly functionUrls: Readonly<Record<string, string>>;
}

/**
 * The program of Pulumi.yaml: everything that the stack file of the config declares. Nothing is registered before all of it was loaded and checked.
 * @param root folder of Pulumi.yaml
 */
export async function provision(root: string): Promise<StackOutputs> {
  try {
    const config = readConfig();
    const isUp = !pulumi.runtime.isDryRun();
    const kubeconfig = findKubeconfig(config.kubeconfig, root, process.env, isUp);
    const result = await load(root, config);
    if (isUp) await checkCluster({ kubeconfig, context: config.context });
    return register(result, config, kubeconfig);
  } catch (error) {
    // Without a stack trace: the message has the place and the way out.
    throw isPlatformError(error) ? new pulumi.RunError(`${error.code}: ${error.message}`) : error;
  }
}

/** Before anything is changed. A preview asks no cluster. @throws PlatformError CLUSTER_TOO_OLD, CLUSTER_UNREACHABLE */
async function checkCluster(cluster: TargetCluster): Promise<void> {
  try {
    await withClient(cluster, (client) => requireVersion(client, cluster.context ?? 'of the kubeconfig'));
  } catch (error) {
    if (error instanceof KubernetesError) throw new PlatformError('CLUSTER_UNREACHABLE', `${error.message}. Nothing was changed`, { cause: error });
    throw error;
  }
}

function readConfig(): StackConfig {
  const { isConfigSecret } = pulumi.runtime as unknown as { readonly isConfigSecret: (key: string) => boolean };
  return parseStackConfig({ project: pulumi.getProject(), stack: pulumi.getStack(), all: pulumi.runtime.allConfig(), isSecret: isConfigSecret });
}

async function load(root: string, { stack, env = pulumi.getStack(), namespace, values }: StackConfig): Promise<SynthResult> {
  const file = resolve(root, stack);
  if (!existsSync(file)) {
    const project = pulumi.getProject();
    throw new PlatformError(
      'CONFIG_INVALID',
      `Pulumi.${pulumi.getStack()}.yaml: ${project}:stack: there is no file ${file}; name one with \`pulumi config set stack <path>\``,
    );
  }
  const { config } = readEnvironment(foldersBetween(dirname(file), root), env);
  const beside = Object.entries(config).filter(([key, value]) => value !== '' && !Object.hasOwn(stackConfigSchema.properties, key));
  const result = await loadStack(file, { env, config: { ...Object.fromEntries(beside), ...values }, ...(namespace !== undefined && { namespace }) });
  const problems = packageProblems(result);
  if (problems.length > 0) throw problemsError(problems);
  return result;
}

function register({ objects, urls }: SynthResult, { context, wait }: StackConfig, kubeconfig: string | undefined): StackOutputs {
  const name = pulumi.getProject();
  const provider = new KubernetesProvider(name, { kubeconfig, context });
  // Also where no platform is declared any more: one that was there is deleted then.
  const own = new Set(objects.filter(({ object }) => object.kind === 'Function').map(({ id }) => id));
  const guard = destroyGuard(name, (id) => own.has(id), { kubeconfig, context });
  const hasPlatform = objects.some(({ object }) => guardPlace(object));
  const manifest = new ManifestComponent(name, { objects, wait, ...(hasPlatform && { guard }) }, { provider });
  const gateway = objects.find(({ tree, object }) => tree === 'platform' && object.kind === 'Deployment' && object.metadata.name === GATEWAY_NAME);
  const endpoints = gateway && endpointsOf(manifest, gateway.object.metadata.namespace ?? '');
  const functionUrls = Object.fromEntries([...urls].map(([id, url]) => [id.replace('Function/', ''), url]));
  return { ...(endpoints && { gatewayUrl: endpoints.gateway, adminUrl: endpoints.admin }), functionUrls };
}
