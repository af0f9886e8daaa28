import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderEnv } from '../../../../kit/config.ts';
import { createKubernetesClient, type KubernetesClient, resourcePath } from '../../../../kit/kubernetes/client.ts';
import { silentLog } from '../../../../kit/log.ts';
import { createKubernetesStore, type KubernetesStore } from '../../../../kit/store/kubernetes.ts';
import { kindPath, renderObject } from '../../../../kit/store/kubernetes-object.ts';
import { FUNCTION_ACCOUNT } from '../../../../protocol/cluster-names.ts';
import { gatewayConfig, scalerConfig } from '../../../../protocol/config.ts';
import { renderPackageConfigMap } from '../../../../protocol/package-config-map.ts';
import type { KindName } from '../../../../protocol/schema/resources.ts';
import { functionObject, httpTrigger, packageOf, podPool } from '../../../contract/platform/objects.ts';
import type { TestProcess } from '../../../contract/platform/process.ts';
import { type Cluster, openCluster } from '../../../cluster/machine/cluster.ts';
import { type Account, createAccount, removeAccount } from './account.ts';
import { createLikePods } from './like-pod.ts';
import { inParallel } from '../../../../kit/in-parallel.ts';
import { freePort } from '../../../free-port.ts';

const ROOT = new URL('../../../../', import.meta.url);
const TOKEN = 'token-of-the-bench';
const WIDTH = 16;
const KINDS: readonly KindName[] = ['Trigger', 'Function', 'Revision', 'PodPool'];

/** Many functions as plain objects of an API server, and the platform's two processes as users run them, on this machine. */
export interface ScaleWorld {
  readonly cluster: Cluster;
  readonly client: KubernetesClient;
  readonly store: KubernetesStore;
  readonly namespace: string;
  readonly accounts: readonly Account[];
  readonly gatewayUrl: string;
  readonly gatewayAdminUrl: string;
  readonly scalerUrl: string;
  /** Functions `fn-0`… with a trigger on `/fn-0`… each and a package each of the first `packages`. */
  addFunctions(count: number, packages: number): Promise<void>;
  startScaler(): Promise<TestProcess>;
  startGateway(): Promise<TestProcess>;
  /** Ends what was started. */
  stop(): Promise<void>;
  /** Removes what was made, once nobody acts on it any more. */
  close(): Promise<void>;
}

export const POOL = 'bench';
/** Of code, in each package. */
export const PACKAGE_BYTES = 4096;

export async function openScaleWorld(): Promise<ScaleWorld> {
  const cluster = await openCluster();
  const suffix = randomBytes(3).toString('hex');
  const [namespace, system] = [`bench-scale-${suffix}`, `bench-scale-${suffix}-system`];
  await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', fileURLToPath(new URL('docs/reference/crds', ROOT))]);
  await cluster.apply(...[namespace, system].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
  await cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: FUNCTION_ACCOUNT } });
  const client = await createKubernetesClient({ kubeconfig: cluster.kubeconfig });
  const store = createKubernetesStore({ client, namespaces: [namespace], log: silentLog });
  const dir = await mkdtemp(join(tmpdir(), 'bench-scale-'));
  const [scaler, gateway] = [await createAccount(cluster, system, 'scaler', dir), await createAccount(cluster, system, 'gateway', dir)];
  const workloadsFile = join(dir, 'workloads.json');
  await writeFile(workloadsFile, JSON.stringify({ images: { nodejs: 'nowhere' }, pullPolicy: 'Never' }));
  const [port, adminPort, scalerPort] = [await freePort(), await freePort(), await freePort()];
  const scalerUrl = `http://127.0.0.1:${scalerPort}`;
  const common = { world: 'kubernetes', namespaces: [namespace], internalToken: TOKEN } as const;
  const pods = createLikePods(namespace);
  const monitoring = await startSilentMonitoring();

  return {
    cluster,
    client,
    store,
    namespace,
    accounts: [scaler, gateway],
    gatewayUrl: `http://127.0.0.1:${port}`,
    gatewayAdminUrl: `http://127.0.0.1:${adminPort}`,
    scalerUrl,
    async addFunctions(count, packages) {
      const create = (path: string, body: object) => client.request('POST', path, { body });
      await create(kindPath('PodPool', { namespace }), renderObject(moved(podPool(POOL, { min: 0, max: 10_000, memory: '128Mi' }), namespace)));
      const packs = Array.from({ length: packages }, (_, n) => packageOf({ 'index.mjs': codeOf(n) }));
      const configMaps = resourcePath({ version: 'v1', plural: 'configmaps', namespace });
      await inParallel(packs, WIDTH, (pack) => create(configMaps, renderPackageConfigMap(pack, namespace, {})));
      await inParallel(Array(count).keys(), WIDTH, async (n) => {
        const name = `fn-${n}`;
        const pack = packs[n % packages] as (typeof packs)[0];
        const fn = functionObject(name, pack, {
          env: { INDEX: String(n), STAGE: 'production' },
          deployment: { type: 'hot', pool: POOL },
          scaling: { idleTimeout: '1h', targetRate: 50 },
        });
        await create(kindPath('Function', { namespace }), renderObject(moved(fn, namespace)));
        await create(kindPath('Trigger', { namespace }), renderObject(moved(httpTrigger(name), namespace)));
      });
    },
    startScaler: () => {
      const own = { kubeconfig: scaler.kubeconfig, podName: 'scaler', podNamespace: system, podIp: '192.0.2.2', workloadsFile, port: scalerPort };
      const around = { prometheusUrl: monitoring.url, alertmanagerUrl: monitoring.url, gatewayUrl: `http://127.0.0.1:${adminPort}` };
      return pods.start('scaler', renderEnv(scalerConfig, { ...common, ...own, ...around }));
    },
    startGateway: () =>
      pods.start('gateway', renderEnv(gatewayConfig, { ...common, kubeconfig: gateway.kubeconfig, gatewayId: 'g1', port, adminPort, scalerUrl })),
    stop: () => pods.close(),
    async close() {
      await monitoring.close();
      // Ten thousand objects take the API server longer than a client waits for most.
      for (const kind of KINDS) await cluster.kubectl(['delete', '--raw', `${kindPath(kind, { namespace })}?propagationPolicy=Background`]);
      await cluster.kubectl(['delete', 'namespace', namespace, system, '--wait=false']);
      await Promise.all(['scaler', 'gateway'].map((name) => removeAccount(cluster, system, name)));
      await client.close();
      await rm(dir, { recursive: true });
    },
  };
}

/** Prometheus and Alertmanager of which nothing is to be heard: the scaler asks both each second. */
async function startSilentMonitoring(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createHttpServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end(request.url?.startsWith('/api/v2/') ? '[]' : JSON.stringify({ status: 'success', data: { resultType: 'vector', result: [] } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function codeOf(n: number): string {
  const code = `export const handler = () => ${n};\n// `;
  return code + 'x'.repeat(PACKAGE_BYTES - code.length);
}

function moved<T extends { readonly metadata: object }>(object: T, namespace: string): T {
  return { ...object, metadata: { ...object.metadata, namespace } };
}
