import { expect, test } from 'vitest';
import type * as fib from '../index.ts';
import { synthPlatform } from './fixtures/synth-platform.ts';

const PUBLIC = 'Service/fibonacci-system/fibonacci-gateway-public';

function envOf(props: fib.PlatformProps, part: string, name: string): string | undefined {
  const { env } = synthPlatform(props).pods().get(part).spec.containers[0] as { env: { name: string; value?: string }[] };
  return env.find((one) => one.name === name)?.value;
}

test('public functions have a port and a Service of their own; internal ones another', () => {
  const { get, pods } = synthPlatform();
  const { ports } = pods().get('fibonacci-gateway').spec.containers[0];
  const portOf = (service: string) => {
    const { targetPort, port } = get(`Service/fibonacci-system/${service}`).spec.ports[0];
    return [port, ports.find(({ name }: { name: string }) => name === targetPort).containerPort];
  };
  expect(portOf('fibonacci-gateway')).toEqual([80, 8080]);
  expect(portOf('fibonacci-gateway-public')).toEqual([80, 8090]);
  expect(portOf('fibonacci-gateway-admin')).toEqual([8081, 8081]);
  expect(envOf({}, 'fibonacci-gateway', 'FIB_PUBLIC_PORT')).toBe('8090');
});

test('the Service of the leader has no selector, and its port the name that the leader’s EndpointSlice has', () => {
  expect(synthPlatform().get('Service/fibonacci-system/fibonacci-scaler').spec).toEqual({ ports: [{ name: 'http', port: 8082, targetPort: 8082 }] });
});

test('unexposed, the public Service is inside of the cluster', () => {
  expect(synthPlatform().get(PUBLIC).spec).not.toHaveProperty('type');
});

test('as a load balancer, with what its cloud wants to know', () => {
  const service = { type: 'LoadBalancer', annotations: { 'cloud.example/internal': 'true' }, sourceRanges: ['203.0.113.0/24'] } as const;
  expect(synthPlatform({ exposure: { service } }).get(PUBLIC)).toMatchObject({
    metadata: { annotations: { 'cloud.example/internal': 'true' } },
    spec: { type: 'LoadBalancer', loadBalancerSourceRanges: ['203.0.113.0/24'], ports: [{ port: 80 }] },
  });
});

test('as a port of every node', () => {
  expect(synthPlatform({ exposure: { service: { type: 'NodePort', nodePort: 30_080 } } }).get(PUBLIC).spec).toMatchObject({
    type: 'NodePort',
    ports: [{ nodePort: 30_080 }],
  });
});

test('by an Ingress to the public Service alone', () => {
  const ingress = { hosts: ['a.example', 'b.example'], className: 'nginx', tlsSecret: 'tls', annotations: { a: 'b' } };
  const { metadata, spec } = synthPlatform({ exposure: { ingress } }).get('Ingress/fibonacci-system/fibonacci-gateway');
  expect(metadata.annotations).toEqual({ a: 'b' });
  expect(spec).toMatchObject({ ingressClassName: 'nginx', tls: [{ hosts: ['a.example', 'b.example'], secretName: 'tls' }] });
  const backend = { service: { name: 'fibonacci-gateway-public', port: { name: 'http' } } };
  expect(spec.rules).toEqual(ingress.hosts.map((host) => ({ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } })));
});

test('by an HTTPRoute to the public Service alone', () => {
  const httpRoute = { gateway: 'edge', gatewayNamespace: 'ingress', sectionName: 'https', hosts: ['a.example'] };
  expect(synthPlatform({ exposure: { httpRoute } }).get('HTTPRoute/fibonacci-system/fibonacci-gateway').spec).toEqual({
    parentRefs: [{ name: 'edge', namespace: 'ingress', sectionName: 'https' }],
    hostnames: ['a.example'],
    rules: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: [{ name: 'fibonacci-gateway-public', port: 80 }] }],
  });
});

test.each<[fib.PlatformExposure, string]>([
  [{}, 'http://fibonacci-gateway.fibonacci-system.svc'],
  [{ ingress: { hosts: ['a.example'] } }, 'http://a.example'],
  [{ ingress: { hosts: ['*.example', 'b.example'], tlsSecret: 'tls' } }, 'https://b.example'],
  [{ httpRoute: { gateway: 'edge', hosts: ['a.example'] } }, 'https://a.example'],
])('with exposure %o functions are told to be at %s', (exposure, url) => {
  expect(envOf({ exposure }, 'fibonacci-scaler', 'FIB_FUNCTIONS_URL')).toBe(url);
});

test('behind a proxy or load balancer a client’s address says nothing, so connections of one are not limited', () => {
  const limit = (exposure: fib.PlatformExposure) => envOf({ exposure }, 'fibonacci-gateway', 'FIB_CONNECTIONS_PER_ADDRESS');
  expect([limit({}), limit({ ingress: {} }), limit({ service: { type: 'NodePort' } })]).toEqual([undefined, '0', '0']);
});
