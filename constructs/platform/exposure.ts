import { GATEWAY_NAME, GATEWAY_PUBLIC_SERVICE } from '../../protocol/cluster-names.ts';
import { defined } from '../props.ts';
import type { KubernetesObject } from '../synth/object.ts';
import { metadata } from './metadata.ts';
import type { PlatformPlan } from './platform-plan.ts';
import type { ExposureHttpRoute, ExposureIngress, PlatformExposure } from './platform-props.ts';

/** How public functions are reached from outside: all ways lead to the Service `fibonacci-gateway-public`, which knows no others. */
export function exposureObjects(plan: PlatformPlan): KubernetesObject[] {
  const { ingress, httpRoute } = plan.exposure;
  if (ingress) return [renderIngress(plan, ingress)];
  return httpRoute ? [renderHttpRoute(plan, httpRoute)] : [];
}

/** The public Service, of the type that the props say. */
export function exposedService({ exposure }: Pick<PlatformPlan, 'exposure'>, service: KubernetesObject): KubernetesObject {
  if (!exposure.service) return service;
  const { type, annotations, sourceRanges, nodePort } = exposure.service;
  const spec = service['spec'] as { readonly ports: readonly object[] };
  return {
    ...service,
    metadata: { ...service.metadata, ...(annotations && { annotations }) },
    spec: {
      ...spec,
      type,
      ...(sourceRanges && { loadBalancerSourceRanges: sourceRanges }),
      ports: spec.ports.map((port) => ({ ...port, ...(nodePort !== undefined && { nodePort }) })),
    },
  };
}

/** Whether connections come from few addresses, of a proxy or of nodes, however many clients there are. */
export function hidesClients({ service, ingress, httpRoute }: PlatformExposure): boolean {
  return (service ?? ingress ?? httpRoute) !== undefined;
}

/** Base URL of routes, for the status of functions. */
export function functionsUrl({ namespace, exposure: { ingress, httpRoute } }: Pick<PlatformPlan, 'namespace' | 'exposure'>): string {
  const [host] = (ingress?.hosts ?? httpRoute?.hosts ?? []).filter((name) => !name.startsWith('*'));
  if (host === undefined) return `http://${GATEWAY_NAME}.${namespace}.svc`;
  return `${ingress?.tlsSecret === undefined && httpRoute === undefined ? 'http' : 'https'}://${host}`;
}

function renderIngress(plan: PlatformPlan, { hosts, className, tlsSecret, annotations }: ExposureIngress): KubernetesObject {
  const http = { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: GATEWAY_PUBLIC_SERVICE, port: { name: 'http' } } } }] };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { ...metadata(plan, GATEWAY_NAME, plan.namespace), ...(annotations && { annotations }) },
    spec: {
      ...defined({ ingressClassName: className }),
      ...(tlsSecret !== undefined && { tls: [{ ...defined({ hosts }), secretName: tlsSecret }] }),
      rules: hosts ? hosts.map((host) => ({ host, http })) : [{ http }],
    },
  };
}

function renderHttpRoute(plan: PlatformPlan, { gateway, gatewayNamespace, sectionName, hosts }: ExposureHttpRoute): KubernetesObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: metadata(plan, GATEWAY_NAME, plan.namespace),
    spec: {
      parentRefs: [{ name: gateway, ...defined({ namespace: gatewayNamespace, sectionName }) }],
      ...(hosts && { hostnames: hosts }),
      rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: [{ name: GATEWAY_PUBLIC_SERVICE, port: 80 }] }],
    },
  };
}
