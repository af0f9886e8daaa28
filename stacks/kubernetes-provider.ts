import * as pulumi from '@pulumi/pulumi';
import { PROVIDER_VERSION } from './manifest-component.ts';

/** A cluster; also that of another resource, as an Output. */
export interface KubernetesProviderArgs {
  /** Path or content. @default - as kubectl finds one */
  readonly kubeconfig?: pulumi.Input<string> | undefined;
  /** Context of the kubeconfig. @default - its current one */
  readonly context?: pulumi.Input<string> | undefined;
}

/** Pulumi's Kubernetes provider, set up as the platform's objects need it: ConfigMaps and Secrets are changed in place; those that are immutable have names by their content. */
export class KubernetesProvider extends pulumi.ProviderResource {
  constructor(name: string, { kubeconfig, context }: KubernetesProviderArgs, options: pulumi.ResourceOptions = {}) {
    // The provider takes every field as JSON text, and text as it is.
    const settings = {
      ...(kubeconfig !== undefined && { kubeconfig: pulumi.secret(kubeconfig) }),
      ...(context !== undefined && { context }),
      enableServerSideApply: 'true',
      enableConfigMapMutable: 'true',
      enableSecretMutable: 'true',
    };
    super('kubernetes', name, settings, { version: PROVIDER_VERSION, ...options });
  }
}
