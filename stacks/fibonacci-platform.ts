import * as pulumi from '@pulumi/pulumi';
import type { PlatformProps } from '../constructs/index.ts';
import { functionsUrl } from '../constructs/platform/exposure.ts';
import { Platform } from '../constructs/platform/platform.ts';
import { GATEWAY_ADMIN_SERVICE, GATEWAY_NAME, GATEWAY_PUBLIC_SERVICE, PLATFORM_PORTS, SYSTEM_NAMESPACE } from '../protocol/cluster-names.ts';
import { callersFolder } from './callers-folder.ts';
import { type ManifestOptions, ManifestComponent } from './manifest-component.ts';
import { OutputTexts } from './output-texts.ts';
import { restoreOutputs } from './restore-outputs.ts';
import { synthesizeComponent } from './synthesize.ts';
import type { WithOutputs } from './with-outputs.ts';

/** The props of a `Platform`, where any text may be an Output, and how they become resources. */
export interface FibonacciPlatformArgs extends WithOutputs<PlatformProps>, ManifestOptions {
  /** That a relative path of `images.lock` starts from. @default - the folder of the file that makes the component */
  readonly folder?: string | URL;
}

/** Where the platform is reached, once its gateway is up. */
export interface PlatformEndpoints {
  /** Base URL of functions: of the first host of `exposure`, or the load balancer's; else the one inside of the cluster. */
  readonly gateway: pulumi.Output<string>;
  /** Base URL of functions inside of the cluster. */
  readonly internal: pulumi.Output<string>;
  /** Of the admin API, inside of the cluster. Its callers show a token. */
  readonly admin: pulumi.Output<string>;
}

/**
 * Everything that a cluster needs to run functions, as Pulumi resources.
 *
 * @example
 * const platform = new FibonacciPlatform('fibonacci', {
 *   functionNamespaces: ['shop'],
 *   exposure: { ingress: { hosts: [zone.domainName], tlsSecret: 'functions-tls' } },
 * }, { provider });
 * export const url = platform.endpoints.gateway;
 * @throws PlatformError as `Platform` does
 */
export class FibonacciPlatform extends pulumi.ComponentResource {
  readonly endpoints: PlatformEndpoints;
  /** Of its own parts. */
  readonly namespace: string;
  /** What stacks of functions build on: CRDs, namespaces, gateway and scaler. */
  readonly foundations: readonly pulumi.Resource[];
  /** All of its objects. */
  readonly manifest: ManifestComponent;

  constructor(name: string, args: FibonacciPlatformArgs = {}, options: pulumi.ComponentResourceOptions = {}) {
    const { wait, formerObjectIds, folder = callersFolder(), ...outputProps } = args;
    const outputs = new OutputTexts(name);
    const props = outputs.replaceIn(outputProps) as PlatformProps;
    const { result } = synthesizeComponent(folder, outputs, {}, (app) => new Platform(app, name, props));
    super('fibonacci:index:Platform', name, {}, options);
    const namespace = props.namespace ?? SYSTEM_NAMESPACE;
    this.namespace = namespace;
    this.manifest = new ManifestComponent(
      name,
      { objects: result.objects, outputs, ...(wait !== undefined && { wait }), ...(formerObjectIds && { formerObjectIds }) },
      { parent: this },
    );
    this.foundations = [...this.manifest.resources].filter(([id]) => /^(CustomResourceDefinition|Namespace|Deployment)\//.test(id)).map(([, one]) => one);
    const gateway = this.manifest.resources.get(`Deployment/${namespace}/${GATEWAY_NAME}`);
    const once = (url: unknown): pulumi.Output<string> => pulumi.all([gateway?.urn, url as string]).apply(([, text]) => text);
    const exposure = props.exposure ?? {};
    const told = restoreOutputs(functionsUrl({ namespace, exposure }), outputs, { where: 'exposure', secrets: true });
    this.endpoints = {
      gateway: once(exposure.service?.type === 'LoadBalancer' ? balancerUrl(this.manifest, namespace) : told),
      internal: once(`http://${GATEWAY_NAME}.${namespace}.svc`),
      admin: once(`http://${GATEWAY_ADMIN_SERVICE}.${namespace}.svc:${PLATFORM_PORTS.gatewayAdmin}`),
    };
    this.registerOutputs({ endpoints: this.endpoints });
  }
}

/** The address that the cloud gave to the Service. */
function balancerUrl({ resources }: ManifestComponent, namespace: string): pulumi.Output<string> {
  const service = resources.get(`Service/${namespace}/${GATEWAY_PUBLIC_SERVICE}`) as
    | { readonly status?: pulumi.Output<LoadBalancerStatus | undefined> }
    | undefined;
  return pulumi.output(service?.status).apply((status) => {
    const [address] = status?.loadBalancer?.ingress ?? [];
    const host = address?.hostname ?? address?.ip;
    return host === undefined ? `http://${GATEWAY_NAME}.${namespace}.svc` : `http://${host.includes(':') ? `[${host}]` : host}`;
  });
}

interface LoadBalancerStatus {
  readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] };
}
