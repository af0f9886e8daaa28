import * as pulumi from '@pulumi/pulumi';
import { functionsUrl } from '../constructs/platform/exposure.ts';
import { GATEWAY_ADMIN_SERVICE, GATEWAY_NAME, GATEWAY_PUBLIC_SERVICE, PLATFORM_PORTS } from '../protocol/cluster-names.ts';
import type { ManifestComponent } from './manifest-component.ts';

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
 * The endpoints of the platform among the resources.
 * @param namespace of the platform's own parts
 */
export function endpointsOf({ resources }: ManifestComponent, namespace: string): PlatformEndpoints {
  const up = resources.get(`Deployment/${namespace}/${GATEWAY_NAME}`)?.urn;
  const onceUp = (url: pulumi.Input<string>): pulumi.Output<string> => pulumi.all([url, up]).apply(([text]) => text);
  const find = (id: string) => resources.get(id) as unknown as Exposed | undefined;
  const [ingress, route] = [find(`Ingress/${namespace}/${GATEWAY_NAME}`), find(`HTTPRoute/${namespace}/${GATEWAY_NAME}`)];
  const service = find(`Service/${namespace}/${GATEWAY_PUBLIC_SERVICE}`);
  return {
    gateway: onceUp(
      pulumi.all([ingress?.spec, route?.spec, service?.spec]).apply(([ingressSpec, routeSpec, serviceSpec]) => {
        const url = functionsUrl({ namespace, exposure: exposureOf(ingressSpec, routeSpec) });
        // Only then: a status is not known at preview.
        return serviceSpec?.type === 'LoadBalancer' ? pulumi.output(service?.status).apply((status) => balancerUrl(status) ?? url) : pulumi.output(url);
      }),
    ),
    internal: onceUp(`http://${GATEWAY_NAME}.${namespace}.svc`),
    admin: onceUp(`http://${GATEWAY_ADMIN_SERVICE}.${namespace}.svc:${PLATFORM_PORTS.gatewayAdmin}`),
  };
}

/** What the resources of Ingress, HTTPRoute and Service know. */
interface Exposed {
  readonly spec: pulumi.Output<Spec | undefined>;
  readonly status: pulumi.Output<Status | undefined>;
}

interface Spec {
  readonly type?: string;
  readonly rules?: readonly { readonly host?: string }[];
  readonly tls?: readonly { readonly secretName: string }[];
  readonly hostnames?: readonly string[];
}

interface Status {
  readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] };
}

function exposureOf(ingress: Spec | undefined, route: Spec | undefined): Parameters<typeof functionsUrl>[0]['exposure'] {
  if (route) return { httpRoute: { gateway: '', hosts: route.hostnames ?? [] } };
  if (!ingress) return {};
  const [tls] = ingress.tls ?? [];
  return { ingress: { hosts: (ingress.rules ?? []).flatMap(({ host }) => host ?? []), ...(tls && { tlsSecret: tls.secretName }) } };
}

/** By the address that the cloud gave to the Service; undefined until it has. */
function balancerUrl(status: Status | undefined): string | undefined {
  const [address] = status?.loadBalancer?.ingress ?? [];
  const host = address?.hostname ?? (address?.ip?.includes(':') ? `[${address.ip}]` : address?.ip);
  return host === undefined ? undefined : `http://${host}`;
}
