import * as pulumi from '@pulumi/pulumi';
import { PlatformError } from '../protocol/errors.ts';
import type { TargetCluster } from './cluster-client.ts';
import type { KubernetesProviderArgs } from './kubernetes-provider.ts';

/** What the Outputs came to. @throws PlatformError KUBECONFIG_INVALID where they came to nothing, as the cluster is not there */
export async function knownCluster({ kubeconfig, context }: KubernetesProviderArgs): Promise<TargetCluster> {
  const cluster = pulumi.output({ kubeconfig, context }) as unknown as Known;
  if (await cluster.isKnown) return cluster.promise();
  throw new PlatformError(
    'KUBECONFIG_INVALID',
    'the kubeconfig is an Output whose value is not known, so nobody could be asked whether the platform may go; run `pulumi up` first',
  );
}

/** What Pulumi's own Outputs have, and their type does not say. */
interface Known {
  readonly isKnown: Promise<boolean>;
  promise(): Promise<TargetCluster>;
}
