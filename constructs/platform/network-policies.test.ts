import { expect, test } from 'vitest';
import * as fib from '../index.ts';
import { type Connection, type Endpoint, isAllowed } from './fixtures/network.ts';
import { newStack, synthPlatform } from './fixtures/synth-platform.ts';

const SYSTEM = 'fibonacci-system';
const part = (name: string): Endpoint => ({ namespace: SYSTEM, labels: { 'app.kubernetes.io/name': name }, ip: '10.1.0.1' });
const fn = (namespace: string): Endpoint => ({ namespace, labels: { 'app.kubernetes.io/managed-by': 'fibonacci' }, ip: '10.1.0.2' });

const WORLD = {
  gateway: part('fibonacci-gateway'),
  scaler: part('fibonacci-scaler'),
  prometheus: part('fibonacci-prometheus'),
  alertmanager: part('fibonacci-alertmanager'),
  artifacts: part('fibonacci-artifacts'),
  'another pod of the platform’s namespace': part('other'),
  function: fn('retail'),
  'function of another namespace': fn('mail'),
  'function’s own container': { ...fn('retail'), labels: { ...fn('retail').labels, 'fibonacci.dev/runtime': 'container' } },
  'any pod': { namespace: 'default', labels: { app: 'web' }, ip: '10.1.0.3' },
  'a pod beside functions': { namespace: 'retail', labels: { app: 'web' }, ip: '10.1.0.4' },
  'pod with the labels of the gateway elsewhere': { ...part('fibonacci-gateway'), namespace: 'default' },
  DNS: { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' }, ip: '10.1.0.5' },
  'another pod of kube-system': { namespace: 'kube-system', labels: {}, ip: '10.1.0.6' },
  'node-local DNS': { ip: '169.254.20.10' },
  'API server': { ip: '192.0.2.10' },
  'the internet': { ip: '203.0.113.7' },
  'pods of the operator': { namespace: 'monitoring', labels: {}, ip: '10.1.0.7' },
  database: { namespace: 'data', labels: { app: 'postgres' }, ip: '10.1.0.8' },
} satisfies Record<string, Endpoint>;
type Who = keyof typeof WORLD;
const OWN = 'function’s own container';

function policies(props: fib.PlatformProps = {}) {
  return synthPlatform(props, (app) => {
    newStack(app, 'shop', 'retail');
    newStack(app, 'mail', 'mail');
  }).ofKind('NetworkPolicy');
}

const connection = (from: Who, to: Who, port: number, protocol: Connection['protocol'] = 'TCP'): Connection => ({
  from: WORLD[from],
  to: WORLD[to],
  port,
  protocol,
});
const NARROW: fib.PlatformProps = { cluster: { apiServerCidrs: ['192.0.2.0/24'] } };

const PORTS = [22, 53, 80, 443, 6443, 8080, 8081, 8082, 8090, 9090, 9093];
const FLOWS: readonly [Who, Who, number, ('TCP' | 'UDP')?][] = [
  ['any pod', 'gateway', 8080],
  ['any pod', 'gateway', 8090],
  ['function', 'gateway', 8080],
  ['gateway', 'function', 8080],
  ['gateway', 'function of another namespace', 8080],
  ...(['gateway', 'scaler'] as const).flatMap((who) => PORTS.map((port): [Who, Who, number] => [who, OWN, port])),
  ['gateway', 'scaler', 8082],
  ['scaler', 'function', 8081],
  ['scaler', 'gateway', 8081],
  ['scaler', 'prometheus', 9090],
  ['scaler', 'alertmanager', 9093],
  ['prometheus', 'gateway', 8081],
  ['prometheus', 'scaler', 8082],
  ['prometheus', 'function', 8081],
  ['prometheus', 'alertmanager', 9093],
  ['alertmanager', 'scaler', 8082],
  ...(['gateway', 'scaler'] as const).flatMap((who): [Who, Who, number][] => [
    [who, 'API server', 443],
    [who, 'API server', 6443],
  ]),
  ...(['gateway', 'scaler', 'prometheus', 'alertmanager', 'function'] as const).flatMap((who): [Who, Who, number, 'TCP' | 'UDP'][] => [
    [who, 'DNS', 53, 'UDP'],
    [who, 'DNS', 53, 'TCP'],
    [who, 'node-local DNS', 53, 'UDP'],
    [who, 'node-local DNS', 53, 'TCP'],
  ]),
];

test.each(FLOWS)('%s may connect to %s on %d %s', (from, to, port, protocol) => {
  expect(isAllowed(policies(NARROW), connection(from, to, port, protocol))).toBe(true);
});

test('and nothing else: every other connection to or from these, on every port of theirs, is closed', () => {
  const all = policies(NARROW);
  const names = Object.keys(WORLD) as Who[];
  const ours = names.slice(0, names.indexOf('any pod'));
  // Functions of one namespace may what those of another may, and so do containers, but that gateways and scaler find them on any port.
  const alike = (who: Who) => (who === 'function of another namespace' || who === OWN ? 'function' : who);
  const target = (from: Who, to: Who) => (to === OWN && (from === 'gateway' || from === 'scaler') ? OWN : alike(to));
  const text = (from: Who, to: Who, port: number, protocol: string) => `${alike(from)} → ${target(from, to)} ${protocol} ${port}`;
  const wanted = new Set(FLOWS.map(([from, to, port, protocol = 'TCP']) => text(from, to, port, protocol)));
  const pairs = names.flatMap((from) => names.filter((to) => ours.includes(from) || ours.includes(to)).map((to) => [from, to] as const));
  const tried = pairs.flatMap(([from, to]) => PORTS.flatMap((port) => (['TCP', 'UDP'] as const).map((protocol) => ({ from, to, port, protocol }))));
  const open = tried.filter(({ from, to, port, protocol }) => isAllowed(all, connection(from, to, port, protocol)));
  const unwanted = open.map(({ from, to, port, protocol }) => text(from, to, port, protocol)).filter((flow) => !wanted.has(flow) && !ENTRY.test(flow));
  expect(unwanted).toEqual([]);
  expect(tried.length - open.length).toBeGreaterThan(3000);
});

/** Every pod of the cluster that may connect out at all. */
const ENTRY = /→ gateway TCP (8080|8090)$/;

test.each<[string, fib.PlatformProps, Who, Who, number, boolean]>([
  ['by default the API server may be anywhere', {}, 'scaler', 'the internet', 6443, true],
  ['but on its ports alone', {}, 'scaler', 'the internet', 80, false],
  ['functions do not reach it', {}, 'function', 'API server', 443, false],
  ['from outside nobody reaches an unexposed gateway', {}, 'the internet', 'gateway', 8090, false],
  ['exposed, everyone reaches public functions', { exposure: { service: { type: 'LoadBalancer' } } }, 'the internet', 'gateway', 8090, true],
  ['exposed, nobody outside reaches internal ones', { exposure: { ingress: {} } }, 'the internet', 'gateway', 8080, false],
  ['clients that are named call internal functions', { gateway: { clients: ['data'] } }, 'database', 'gateway', 8080, true],
  ['others then do not', { gateway: { clients: ['data'] } }, 'any pod', 'gateway', 8080, false],
  ['functions still do', { gateway: { clients: [] } }, 'function', 'gateway', 8080, true],
  ['functions reach no database', {}, 'function', 'database', 5432, false],
  ['opened by namespace, they do', { functions: { egress: [{ namespace: 'data', ports: [5432] }] } }, 'function', 'database', 5432, true],
  ['on these ports alone', { functions: { egress: [{ namespace: 'data', ports: [5432] }] } }, 'function', 'database', 22, false],
  ['and these pods', { functions: { egress: [{ namespace: 'data', podLabels: { app: 'redis' } }] } }, 'function', 'database', 5432, false],
  ['opened by address, they reach the internet', { functions: { egress: [{ cidr: '0.0.0.0/0' }] } }, 'function', 'the internet', 443, true],
  ['but for what is left out', { functions: { egress: [{ cidr: '0.0.0.0/0', except: ['203.0.113.0/24'] }] } }, 'function', 'the internet', 443, false],
  ['DNS elsewhere', { cluster: { dns: { namespace: 'data', podLabels: { app: 'postgres' }, ports: [5353] } } }, 'function', 'database', 5353, true],
])('%s', (_, props, from, to, port, allowed) => {
  expect(isAllowed(policies(props), connection(from, to, port))).toBe(allowed);
});

test.each<[Who, Who, number, boolean]>([
  ['scaler', 'artifacts', 8083, true],
  ['gateway', 'artifacts', 8083, false],
  ['function', 'artifacts', 8083, false],
  ['any pod', 'artifacts', 8083, false],
  ['artifacts', 'the internet', 443, false],
])('the artifact service: %s to %s on %d, %s', (from, to, port, allowed) => {
  expect(isAllowed(policies({ artifacts: {} }), connection(from, to, port))).toBe(allowed);
});

const onBucket = (endpoint: string, egress?: readonly fib.FunctionEgress[]): fib.PlatformProps => ({
  artifacts: { s3: { endpoint, bucket: 'packages', credentials: { secret: 's3-keys' }, ...(egress && { egress }) } },
});

test.each<[string, fib.PlatformProps, Who, number, boolean]>([
  ['its server', onBucket('https://s3.example.com'), 'the internet', 443, true],
  ['by the port of the URL', onBucket('http://s3.example.com:9000/base'), 'the internet', 9000, true],
  ['by HTTP’s', onBucket('http://s3.example.com'), 'the internet', 80, true],
  ['no other port', onBucket('https://s3.example.com'), 'the internet', 80, false],
  ['DNS', onBucket('https://s3.example.com'), 'DNS', 53, true],
  ['a server in the cluster', onBucket('http://minio.data.svc:80'), 'database', 9000, true],
  ['by its whole name', onBucket('http://minio.data.svc.cluster.local'), 'database', 9000, true],
  ['then nothing outside', onBucket('http://minio.data.svc'), 'the internet', 80, false],
  ['what is said', onBucket('https://s3.example.com', [{ cidr: '203.0.113.0/24', ports: [443] }]), 'the internet', 443, true],
  ['nothing else', onBucket('https://s3.example.com', [{ cidr: '192.0.2.0/24', ports: [443] }]), 'the internet', 443, false],
])('the artifact service on a bucket reaches %s', (_, props, to, port, allowed) => {
  expect(isAllowed(policies(props), connection('artifacts', to, port))).toBe(allowed);
  expect(isAllowed(policies(props), connection('scaler', 'artifacts', 8083))).toBe(true);
  expect(isAllowed(policies(props), connection('function', 'artifacts', 8083))).toBe(false);
});

const OPERATOR = {
  monitoring: { operator: { prometheusUrl: 'http://p.monitoring:9090', alertmanagerUrl: 'http://a.monitoring:9093', namespace: 'monitoring' } },
};

test.each<[Who, Who, number]>([
  ['pods of the operator', 'gateway', 8081],
  ['pods of the operator', 'scaler', 8082],
  ['pods of the operator', 'function', 8081],
  ['scaler', 'pods of the operator', 9090],
])('with an operator, %s and %s are connected on %d', (from, to, port) => {
  expect(isAllowed(policies(OPERATOR), connection(from, to, port))).toBe(true);
  expect(isAllowed(policies(NARROW), connection(from, to, port))).toBe(false);
});

test('all that is in the platform’s namespace is closed, beside what stands in a policy of its own', () => {
  const [deny] = policies().filter(({ metadata }) => metadata.name === 'fibonacci-default-deny');
  expect(deny?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
});

test('Grafana reaches the bundled Prometheus where dashboards are for it, and nobody else does', () => {
  const allowed = (dashboards: fib.PlatformDashboards, from: Who, port = 9090) =>
    isAllowed(policies({ monitoring: { dashboards } }), connection(from, 'prometheus', port));
  expect(allowed({ namespace: 'monitoring' }, 'pods of the operator')).toBe(true);
  expect(allowed({ namespace: 'monitoring' }, 'pods of the operator', 9093)).toBe(false);
  expect(allowed({ namespace: 'monitoring' }, 'any pod')).toBe(false);
  expect(allowed({}, 'pods of the operator')).toBe(false);
  expect(allowed({}, 'another pod of the platform’s namespace')).toBe(false);
});
