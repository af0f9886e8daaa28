import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Cluster, openCluster } from './machine/cluster.ts';
import { BASE_IMAGE } from './machine/plan.ts';

const HOME = 'policy-home';
const AWAY = 'policy-away';
const NAMES = ['server', 'friend', 'stranger', 'foreigner'] as const;
type Name = (typeof NAMES)[number];

/** Where each pod is: namespace, node (by its place in the list), labels. The stranger is on the server's node, the friend on the other. */
const PODS: Record<Name, { namespace: string; node: 0 | 1; labels: Record<string, string> }> = {
  server: { namespace: HOME, node: 0, labels: { role: 'server' } },
  friend: { namespace: HOME, node: 1, labels: { role: 'friend' } },
  stranger: { namespace: HOME, node: 0, labels: { role: 'stranger' } },
  foreigner: { namespace: AWAY, node: 1, labels: { role: 'friend' } },
};

/** Of the pods, and of the API server itself. */
type Addresses = Readonly<Record<Name | 'api', string>>;
/** Who reaches the server at which port; `api` is the API server. */
type Flow = `${Name} → ${'server:8080' | 'server:9090' | 'service:80' | 'api'}`;

interface Case {
  readonly name: string;
  policy(addresses: Addresses): object;
  readonly allowed: readonly Flow[];
  readonly denied: readonly Flow[];
}

const SERVER = { matchLabels: { role: 'server' } };
const FRIEND = { matchLabels: { role: 'friend' } };

const CASES: readonly Case[] = [
  {
    name: 'a policy that allows nothing in shuts the pods that it selects, and no others',
    policy: () => ({ podSelector: SERVER, policyTypes: ['Ingress'] }),
    allowed: ['server → api', 'friend → api'],
    denied: ['friend → server:8080', 'stranger → server:8080', 'foreigner → server:8080', 'friend → service:80'],
  },
  {
    name: 'pods of the same namespace by label, to a port by its name',
    policy: () => ({ podSelector: SERVER, ingress: [{ from: [{ podSelector: FRIEND }], ports: [{ port: 'http' }] }] }),
    allowed: ['friend → server:8080', 'friend → service:80'],
    denied: ['friend → server:9090', 'stranger → server:8080', 'stranger → service:80', 'foreigner → server:8080'],
  },
  {
    name: 'all pods of namespaces by label, to any port',
    policy: () => ({ podSelector: SERVER, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'away' } } }] }] }),
    allowed: ['foreigner → server:8080', 'foreigner → server:9090'],
    denied: ['friend → server:8080', 'stranger → server:8080'],
  },
  {
    name: 'pods and namespaces in one peer must both match',
    policy: () => ({
      podSelector: SERVER,
      ingress: [{ from: [{ namespaceSelector: {}, podSelector: { matchExpressions: [{ key: 'role', operator: 'NotIn', values: ['friend'] }] } }] }],
    }),
    allowed: ['stranger → server:8080'],
    denied: ['friend → server:8080', 'foreigner → server:8080'],
  },
  {
    name: 'a block of addresses with an exception',
    policy: ({ friend }) => ({ podSelector: SERVER, ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0', except: [`${friend}/32`] } }] }] }),
    allowed: ['stranger → server:8080', 'foreigner → server:8080'],
    denied: ['friend → server:8080'],
  },
  {
    name: 'a range of ports',
    policy: () => ({ podSelector: SERVER, ingress: [{ ports: [{ port: 8000, endPort: 8100 }] }] }),
    allowed: ['friend → server:8080', 'stranger → server:8080'],
    denied: ['friend → server:9090', 'stranger → server:9090'],
  },
  {
    name: 'nothing out',
    policy: () => ({ podSelector: FRIEND, policyTypes: ['Egress'] }),
    allowed: ['stranger → server:8080', 'foreigner → server:8080'],
    denied: ['friend → server:8080', 'friend → service:80', 'friend → api'],
  },
  {
    name: 'out to pods by label and port',
    policy: () => ({ podSelector: FRIEND, policyTypes: ['Egress'], egress: [{ to: [{ podSelector: SERVER }], ports: [{ port: 8080 }] }] }),
    allowed: ['friend → server:8080', 'friend → service:80'],
    denied: ['friend → server:9090', 'friend → api'],
  },
  {
    name: 'out to the API server alone',
    policy: ({ api }) => ({ podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: `${api}/32` } }] }] }),
    allowed: ['friend → api', 'stranger → api', 'foreigner → server:8080'],
    denied: ['friend → server:8080', 'stranger → server:8080', 'stranger → server:9090'],
  },
];

const LISTEN = `import http.server, threading
class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(204); self.end_headers()
servers = [http.server.ThreadingHTTPServer(('', port), Quiet) for port in (8080, 9090)]
threads = [threading.Thread(target=server.serve_forever) for server in servers]
for thread in threads: thread.start()`;

/** Prints one line for each address given: whether a connection comes about within a second. */
const CONNECT = `import socket, sys
from concurrent.futures import ThreadPoolExecutor
def reaches(target):
    host, port = target.split(':')
    try: socket.create_connection((host, int(port)), 1).close()
    except OSError: return False
    return True
for reached in ThreadPoolExecutor().map(reaches, sys.argv[1:]): print(reached)`;

function renderPod(cluster: Cluster, name: Name): object {
  const { namespace, node, labels } = PODS[name];
  const container = {
    name: 'web',
    image: BASE_IMAGE,
    imagePullPolicy: 'IfNotPresent',
    command: ['python3', '-c', LISTEN],
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1, failureThreshold: 1 },
  };
  const spec = { nodeName: cluster.nodes[node]?.name, terminationGracePeriodSeconds: 0, automountServiceAccountToken: false, containers: [container] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels }, spec };
}

describe('network policies on the test cluster', () => {
  let cluster: Cluster;
  let addresses: Addresses;
  let service: string;
  let apiPort: number;

  /** Every flow that is asked about, with whether it comes about. */
  const observe = async (flows: readonly Flow[]) => {
    const targets = {
      'server:8080': `${addresses.server}:8080`,
      'server:9090': `${addresses.server}:9090`,
      'service:80': `${service}:80`,
      api: `${addresses.api}:${apiPort}`,
    };
    const results = await Promise.all(
      NAMES.map(async (name) => {
        const own = flows.filter((flow) => flow.startsWith(`${name} `));
        if (own.length === 0) return [];
        const asked = own.map((flow) => targets[flow.split(' → ')[1] as keyof typeof targets]);
        const lines = (await cluster.kubectl(['exec', '-n', PODS[name].namespace, name, '--', 'python3', '-c', CONNECT, ...asked])).trim().split('\n');
        return own.map((flow, index) => [flow, lines[index] === 'True'] as const);
      }),
    );
    return Object.fromEntries(results.flat());
  };
  const expectFlows = async ({ allowed, denied }: Pick<Case, 'allowed' | 'denied'>) => {
    const wanted = Object.fromEntries([...allowed.map((flow) => [flow, true]), ...denied.map((flow) => [flow, false])]);
    await vi.waitFor(async () => expect(await observe([...allowed, ...denied])).toEqual(wanted), { timeout: 20_000, interval: 200 });
  };

  beforeAll(async () => {
    cluster = await openCluster();
    await cluster.kubectl(['delete', 'namespace', HOME, AWAY, '--ignore-not-found']);
    const namespace = (name: string, team: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { team } } });
    await cluster.apply(namespace(HOME, 'home'), namespace(AWAY, 'away'));
    const spec = { selector: SERVER.matchLabels, ports: [{ port: 80, targetPort: 8080 }] };
    await cluster.apply(...NAMES.map((name) => renderPod(cluster, name)), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'server', namespace: HOME },
      spec,
    });
    const address = async (name: Name) => {
      await cluster.kubectl(['wait', 'pod', name, '-n', PODS[name].namespace, '--for=condition=Ready', '--timeout=60s']);
      const { status } = await cluster.get<{ status: { podIP: string } }>('pod', name, '-n', PODS[name].namespace);
      return [name, status.podIP] as const;
    };
    const api = await cluster.get<{ endpoints: { addresses: string[] }[]; ports: { port: number }[] }>('endpointslice', 'kubernetes', '-n', 'default');
    apiPort = api.ports[0]?.port ?? 0;
    addresses = { ...(Object.fromEntries(await Promise.all(NAMES.map(address))) as Record<Name, string>), api: api.endpoints[0]?.addresses[0] ?? '' };
    service = (await cluster.get<{ spec: { clusterIP: string } }>('service', 'server', '-n', HOME)).spec.clusterIP;
  });

  afterAll(() => cluster.kubectl(['delete', 'namespace', HOME, AWAY, '--wait=false']));

  it('without one, everything passes', async () => {
    const all = new Set(CASES.flatMap(({ allowed, denied }) => [...allowed, ...denied]));
    await expectFlows({ allowed: [...all], denied: [] });
  });

  it.each(CASES)('$name', async ({ policy, allowed, denied }) => {
    await cluster.apply({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'tested', namespace: HOME }, spec: policy(addresses) });
    try {
      await expectFlows({ allowed, denied });
    } finally {
      await cluster.kubectl(['delete', 'networkpolicy', 'tested', '-n', HOME]);
    }
  });

  it('what two policies allow adds up, and the kubelet’s probes pass them', async () => {
    const policy = (name: string, from: object) => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace: HOME },
      spec: { podSelector: SERVER, ingress: [{ from: [{ podSelector: from }] }] },
    });
    await cluster.apply(policy('one', FRIEND), policy('two', { matchLabels: { role: 'stranger' } }));
    await expectFlows({ allowed: ['friend → server:8080', 'stranger → server:8080'], denied: ['foreigner → server:8080'] });
    await cluster.kubectl(['wait', 'pod', 'server', '-n', HOME, '--for=condition=Ready', '--timeout=1s']);
  });
});
