import { beforeAll, afterAll, describe, expect, it, vi } from 'vitest';
import { type Cluster, openCluster } from './machine/cluster.ts';
import { BASE_IMAGE } from './machine/plan.ts';

const NAMESPACE = 'machine-test';
const APP = { app: 'web' };
const META = { name: 'web', namespace: NAMESPACE };

interface Pod {
  readonly metadata: { readonly name: string; readonly labels: Record<string, string>; readonly ownerReferences?: readonly { readonly name: string }[] };
  readonly spec: { readonly nodeName: string };
}

/** What restricted namespaces demand of a container. */
const RESTRICTED = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  runAsUser: 65532,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** Answers with its pod's name. */
const SERVER = `import http.server, socket
class Name(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(socket.gethostname().encode())
http.server.ThreadingHTTPServer(('', 8080), Name).serve_forever()`;

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: META,
  spec: {
    replicas: 2,
    selector: { matchLabels: APP },
    template: {
      metadata: { labels: APP },
      spec: {
        terminationGracePeriodSeconds: 0,
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: APP } },
        ],
        containers: [
          {
            name: 'server',
            image: BASE_IMAGE,
            imagePullPolicy: 'IfNotPresent',
            command: ['python3', '-c', SERVER],
            securityContext: RESTRICTED,
            readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
};

describe('the test cluster', () => {
  let cluster: Cluster;
  const pods = async () => (await cluster.get<{ items: Pod[] }>('pods', '-n', NAMESPACE, '-l', 'app=web')).items;
  const inPod = (pod: Pod | undefined, ...command: string[]) => cluster.kubectl(['exec', '-n', NAMESPACE, pod?.metadata.name ?? '', '--', ...command]);
  const fetch = (url: string, times = 1) => [
    'python3',
    '-c',
    `import urllib.request as u\nfor _ in range(${times}): print(u.urlopen('${url}', timeout=5).read().decode())`,
  ];

  beforeAll(async () => {
    cluster = await openCluster();
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } };
    await cluster.kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found']);
    await cluster.apply(namespace);
    const service = { apiVersion: 'v1', kind: 'Service', metadata: META, spec: { selector: APP, ports: [{ port: 80, targetPort: 8080 }] } };
    await cluster.apply(deployment, service);
    await cluster.kubectl(['rollout', 'status', '-n', NAMESPACE, 'deployment/web', '--timeout=90s']);
  });

  afterAll(() => cluster.kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']));

  it('has two ready nodes in two zones', async () => {
    await cluster.kubectl(['wait', 'node', '--all', '--for=condition=Ready', '--timeout=5s']);
    expect(cluster.nodes.map(({ zone }) => zone).toSorted()).toEqual(['zone-a', 'zone-b']);
  });

  it('spreads a Deployment over the zones, and its EndpointSlice has both pods', async () => {
    expect(new Set((await pods()).map(({ spec }) => spec.nodeName)).size).toBe(2);
    const { items } = await cluster.get<{ items: { endpoints: { conditions: { ready: boolean } }[] }[] }>(
      'endpointslices',
      '-n',
      NAMESPACE,
      '-l',
      'kubernetes.io/service-name=web',
    );
    expect(items.flatMap(({ endpoints }) => endpoints.map(({ conditions }) => conditions.ready))).toEqual([true, true]);
  });

  it('a Service found by DNS reaches the pods of both nodes from either node', async () => {
    const all = await pods();
    const names = all.map(({ metadata }) => metadata.name).toSorted();
    for (const pod of all) {
      const reached = async () => [...new Set((await inPod(pod, ...fetch(`http://web.${NAMESPACE}.svc.cluster.local/`, 30))).trim().split('\n'))];
      // Each node learns of the endpoints for itself.
      await vi.waitFor(async () => expect((await reached()).toSorted()).toEqual(names), 10_000);
    }
  });

  it('pods reach the API server by its Service', async () => {
    const [pod] = await pods();
    const script = `import ssl, urllib.request as u
folder = '/var/run/secrets/kubernetes.io/serviceaccount/'
tls = ssl.create_default_context(cafile=folder + 'ca.crt')
request = u.Request('https://kubernetes.default.svc/version', headers={'Authorization': 'Bearer ' + open(folder + 'token').read()})
print(u.urlopen(request, context=tls, timeout=5).status)`;
    expect(await inPod(pod, 'python3', '-c', script)).toBe('200\n');
  });

  it('shows what a pod wrote', async () => {
    const [pod] = await pods();
    await vi.waitFor(async () => expect(await cluster.kubectl(['logs', '-n', NAMESPACE, pod?.metadata.name ?? ''])).toContain('GET / HTTP/1.1'), 10_000);
  });

  it('a claim gets a volume where its pod runs, and what is written there outlives the pod', async () => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'kept', namespace: NAMESPACE },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
    };
    const run = async (name: string, ...command: string[]) => {
      const container = {
        name,
        image: BASE_IMAGE,
        imagePullPolicy: 'IfNotPresent',
        command,
        securityContext: RESTRICTED,
        volumeMounts: [{ name: 'kept', mountPath: '/kept' }],
      };
      const spec = { restartPolicy: 'Never', containers: [container], volumes: [{ name: 'kept', persistentVolumeClaim: { claimName: 'kept' } }] };
      await cluster.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: NAMESPACE }, spec });
      await cluster.kubectl(['wait', 'pod', name, '-n', NAMESPACE, '--for=jsonpath={.status.phase}=Succeeded', '--timeout=60s']);
      return cluster.kubectl(['logs', '-n', NAMESPACE, name]);
    };
    await cluster.apply(claim);
    await run('writer', 'sh', '-c', 'echo kept > /kept/text');
    expect(await run('reader', 'cat', '/kept/text')).toBe('kept\n');
  });

  it('refuses a pod that breaks the restricted profile', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'root', namespace: NAMESPACE },
      spec: { containers: [{ name: 'root', image: BASE_IMAGE }] },
    };
    await expect(cluster.apply(pod)).rejects.toThrow(/violates PodSecurity "restricted:latest"/);
  });

  it('a pod whose label is taken away leaves its ReplicaSet, which replaces it', async () => {
    const [pod] = await pods();
    const name = pod?.metadata.name ?? '';
    await cluster.kubectl(['label', 'pod', '-n', NAMESPACE, name, 'app-']);
    await vi.waitFor(async () => {
      const { metadata } = await cluster.get<Pod>('pod', name, '-n', NAMESPACE);
      expect(metadata.ownerReferences ?? []).toEqual([]);
      expect((await pods()).length).toBe(2);
    }, 20_000);
    expect((await pods()).map(({ metadata }) => metadata.name)).not.toContain(name);
  });
});
