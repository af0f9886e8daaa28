import { readFileSync } from 'node:fs';
import { GATEWAY_NAME, PLATFORM_PORTS } from '../../../protocol/cluster-names.ts';
import { ADMIN_PATHS, POD_PORTS } from '../../../protocol/names.ts';
import { Size } from '../../../constructs/index.ts';
import { functionObject, httpTrigger, packageOf, podPool } from '../../contract/platform.ts';
import { eventually } from '../../cluster/eventually.ts';
import type { Pod } from '../../cluster/install-world/window.ts';
import { TEST_IMAGES } from '../../cluster/images/test-images.ts';
import { NETWORK } from '../../cluster/machine/plan.ts';
import { measureLatency, measureThroughput, type Target } from '../gateway/overhead.ts';
import { startParty } from '../gateway/party.ts';
import type { Measure } from '../measure.ts';
import { machineLoad } from './machine-load.ts';
import { type BenchPlatform, openBenchPlatform } from './world.ts';

const NAME = 'hello';
const BASELINE = 'bench-baseline';
const CPU_PORT = 8091;
/** One gateway, so that its figures are of all requests. */
const MEMORY = Size.mebibytes(512);
const ONE_GATEWAY = { gateway: { replicas: 1, resources: { cpuRequest: '20m', memory: MEMORY } } };

const code = packageOf({ 'index.mjs': `export const handler = () => ({ message: 'hello from the function', ok: true });\n` });

/** The gateway's pod against a pod with the 30-line proxy on the same node; both lead to the same function's pod. */
export async function run(): Promise<Measure[]> {
  const platform = await openBenchPlatform({ topic: 'bench-gateway', platform: ONE_GATEWAY });
  const load = startParty();
  try {
    await platform.putPackage(code);
    const deployment = { type: 'hot', pool: 'bench' } as const;
    const scaling = { minReplicas: 1, maxReplicas: 1 };
    const fn = functionObject(NAME, code, { access: 'public', concurrency: 1000, deployment, scaling });
    await platform.apply(podPool('bench', { min: 0, max: 1, memory: '256Mi' }), fn, httpTrigger(NAME));
    const { instances } = await platform.until(({ functions }) => functions[0]?.readyReplicas === 1);
    const upstream = { url: `http://${instances.find((instance) => instance.function !== null)?.dataAddress}` };
    const [pod] = await platform.window.podsOf(GATEWAY_NAME);
    if (!pod) throw new Error('there is no gateway');
    await letIn(platform);
    const options = { load, path: `/${NAME}`, upstream, baseline: await startBaselinePod(platform, pod, upstream.url), gateway: gatewayOf(pod) };
    const measures = [...(await measureThroughput(options)), ...(await measureLatency(options))];
    return measures.map((measure) => ({ ...measure, name: `in pods: ${measure.name} (${machineLoad()})` }));
  } finally {
    await load.close();
    await platform.close();
  }
}

function gatewayOf({ status }: Pod): Target {
  return {
    url: `http://${status.podIP}:${PLATFORM_PORTS.gatewayPublic}`,
    async cpuSeconds() {
      const text = await (await fetch(`http://${status.podIP}:${PLATFORM_PORTS.gatewayAdmin}${ADMIN_PATHS.metrics}`)).text();
      return Number(/^process_cpu_seconds_total (.+)$/m.exec(text)?.[1]);
    },
  };
}

/** The proxy may connect to functions, and this machine to both. */
async function letIn({ installed: { cluster, namespace, system } }: BenchPlatform): Promise<void> {
  const policy = (inNamespace: string, spec: object) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: BASELINE, namespace: inNamespace },
    spec,
  });
  const proxy = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': system } }, podSelector: { matchLabels: { app: BASELINE } } };
  const from = [proxy, { ipBlock: { cidr: `${NETWORK.host}/32` } }];
  await cluster.apply(
    policy(namespace, { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from, ports: [{ port: POD_PORTS.data }] }] }),
    policy(system, { podSelector: { matchLabels: { app: BASELINE } }, policyTypes: ['Egress'], egress: [{}] }),
  );
}

/** In the gateway's image, which has Node.js and undici, beside the gateway. */
async function startBaselinePod({ installed: { cluster, system } }: BenchPlatform, gateway: Pod, upstream: string): Promise<Target> {
  const main = `import { createServer } from 'node:http';
import { startBaseline } from './baseline.ts';
const cpuSeconds = () => { const { user, system } = process.cpuUsage(); return String((user + system) / 1e6); };
createServer((_, response) => response.end(cpuSeconds())).listen(${CPU_PORT}, '0.0.0.0');
await startBaseline(${JSON.stringify(upstream)}, { host: '0.0.0.0', port: ${PLATFORM_PORTS.gateway} });
`;
  const baseline = readFileSync(new URL('../gateway/baseline.ts', import.meta.url), 'utf8');
  await cluster.apply(
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: BASELINE, namespace: system }, data: { 'main.mjs': main, 'baseline.ts': baseline } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: BASELINE, namespace: system, labels: { app: BASELINE } },
      spec: {
        nodeName: gateway.spec.nodeName,
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 0,
        securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'proxy',
            image: TEST_IMAGES.gateway,
            imagePullPolicy: 'Never',
            command: ['/usr/local/bin/node', '/app/bench/main.mjs'],
            securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
            // As the gateway's: Node.js sizes its heap by it.
            resources: { limits: { memory: String(MEMORY) } },
            // Below /app, where undici is found.
            volumeMounts: [{ name: 'code', mountPath: '/app/bench' }],
          },
        ],
        volumes: [{ name: 'code', configMap: { name: BASELINE } }],
      },
    },
  );
  let ip: string | undefined;
  const cpuSeconds = async () => Number(await (await fetch(`http://${ip}:${CPU_PORT}`, { signal: AbortSignal.timeout(2000) })).text());
  const answers = async () => {
    ip = (await cluster.get<Pod>('pod', BASELINE, '-n', system)).status.podIP;
    return ip !== undefined && (await cpuSeconds()) > 0;
  };
  await eventually(answers, () => 'the proxy that the gateway is measured against does not start');
  return { url: `http://${ip}:${PLATFORM_PORTS.gateway}`, cpuSeconds };
}
