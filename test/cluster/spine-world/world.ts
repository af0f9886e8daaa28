import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../eventually.ts';
import { renderEnv } from '../../../kit/config.ts';
import { FUNCTION_ACCOUNT } from '../../../protocol/cluster-names.ts';
import { gatewayConfig, scalerConfig } from '../../../protocol/config.ts';
import { ADMIN_PATHS, SCALER_PATHS } from '../../../protocol/names.ts';
import { renderPackageConfigMap } from '../../../protocol/package-config-map.ts';
import type { AnyResource } from '../../../protocol/schema/resources.ts';
import { runFib } from '../../contract/cli-world/project.ts';
import type { ScalerState } from '../../contract/platform.ts';
import { functionObject, httpTrigger, packageOf } from '../../contract/platform/objects.ts';
import { startProcess, type TestProcess } from '../../contract/platform/process.ts';
import type { FunctionHealth } from '../../../cli/cluster/function-health.ts';
import type { ClusterStatus } from '../../../cli/cluster/status.ts';
import { TEST_IMAGES } from '../images/test-images.ts';
import { type Cluster, openCluster } from '../machine/cluster.ts';
import { freePort } from '../../free-port.ts';

const ROOT = new URL('../../../', import.meta.url);
const TOKEN = 'token-of-the-test';
const CLIENTS = 3;

/** Gateway and scaler as processes of this machine, functions as pods of the cluster. */
export interface Spine {
  readonly cluster: Cluster;
  /** Of functions; everything in it is of this test. */
  readonly namespace: string;
  /** Of the Lease, Secrets and the like. */
  readonly system: string;
  readonly gateway: TestProcess;
  readonly scaler: TestProcess;
  readonly url: string;
  readonly publicUrl: string;
  readonly adminUrl: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Resolves once the gateway has the function's route; sends no request to it. */
  routed(fn: string): Promise<void>;
  /** Applies a function with this handler's answer, and a trigger on `/<name>`, and waits for the route. */
  deploy(name: string, answer: string, over?: Parameters<typeof functionObject>[2]): Promise<void>;
  /** Puts objects into the functions' namespace, whatever they say. */
  apply(...objects: AnyResource[]): Promise<void>;
  /** A package of `index.mjs` with this text, as ConfigMap. */
  putCode(text: string): Promise<ReturnType<typeof packageOf>>;
  /** What `fib status` says about this Function. */
  fibStatus(fn: string): Promise<FunctionHealth | undefined>;
  state(): Promise<ScalerState>;
  /** Resolves once this many instances of the pool wait. */
  idle(pool: string, count: number): Promise<void>;
  pods(): Promise<Pod[]>;
  /** Starts the scaler anew, on the same port. */
  startScaler(): Promise<TestProcess>;
  /** Starts another scaler beside it. Resolves when it leads; `url` answers before. */
  startRival(): Promise<{ readonly url: string; readonly leads: Promise<TestProcess> }>;
  /** Requests by several clients at once until it is ended; what was not 200 with one of these texts. */
  load(path: string, texts: readonly string[]): () => Promise<{ readonly sent: number; readonly wrong: readonly string[] }>;
  close(): Promise<void>;
}

export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly nodeName: string };
}

export interface SpineOptions {
  /** How gateway and scaler reach the API server. @default as the test does */
  readonly kubeconfig?: string;
  /** @default the test image */
  readonly pythonImage?: string;
}

export async function openSpine({ kubeconfig, pythonImage = TEST_IMAGES.python }: SpineOptions = {}): Promise<Spine> {
  const cluster = await openCluster();
  const suffix = randomBytes(3).toString('hex');
  const [namespace, system] = [`spine-${suffix}`, `spine-system-${suffix}`];
  await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', fileURLToPath(new URL('docs/reference/crds', ROOT))]);
  await cluster.apply(
    ...[namespace, system].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    })),
  );
  await cluster.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: FUNCTION_ACCOUNT } });
  const dir = await mkdtemp(join(tmpdir(), 'spine-'));
  const workloadsFile = join(dir, 'workloads.json');
  await writeFile(workloadsFile, JSON.stringify({ images: { nodejs: TEST_IMAGES.nodejs, python: pythonImage }, pullPolicy: 'Never' }));
  const [scalerPort, publicPort] = [await freePort(), await freePort()];
  const common = { world: 'kubernetes', namespaces: [namespace], kubeconfig: kubeconfig ?? cluster.kubeconfig, internalToken: TOKEN } as const;
  const own = { podName: 'scaler', podNamespace: system, podIp: '192.0.2.2', workloadsFile, port: scalerPort };
  const startScaler = () => startProcess(new URL('scaler/main.ts', ROOT), renderEnv(scalerConfig, { ...common, ...own }));
  const scalerUrl = `http://127.0.0.1:${scalerPort}`;
  const rivals: TestProcess[] = [];
  let scaler = await startScaler();
  const places = { gatewayId: 'g1', port: 0, adminPort: 0, publicPort, scalerUrl };
  const gateway = await startProcess(new URL('gateway/main.ts', ROOT), renderEnv(gatewayConfig, { ...common, ...places }));
  const [url, publicUrl] = [`http://127.0.0.1:${Number(gateway.listening['port'])}`, `http://127.0.0.1:${publicPort}`];
  const adminUrl = `http://127.0.0.1:${Number(gateway.listening['adminPort'])}`;
  const state = async () => {
    const answer = await fetch(scalerUrl + SCALER_PATHS.state, { headers: { authorization: `Bearer ${TOKEN}` } });
    return (await answer.json()) as ScalerState;
  };
  const routed = (fn: string) => {
    const found = async () => {
      const answer = await fetch(`${adminUrl}${ADMIN_PATHS.functions}`, {
        headers: { authorization: `Bearer ${TOKEN}` },
      });
      const { functions } = (await answer.json()) as { functions: { name: string; routes: { accepted: boolean }[] }[] };
      return functions.some(({ name, routes }) => name === fn && routes.some(({ accepted }) => accepted));
    };
    return eventually(found, () => `the gateway has no route of ${fn}`);
  };
  const apply: Spine['apply'] = (...objects) => cluster.apply(...objects.map((object) => ({ ...object, metadata: { ...object.metadata, namespace } })));
  const putCode: Spine['putCode'] = async (text) => {
    const pack = packageOf({ 'index.mjs': text });
    await cluster.apply(renderPackageConfigMap(pack, namespace, {}));
    return pack;
  };
  return {
    cluster,
    namespace,
    apply,
    putCode,
    routed,
    async deploy(name, answer, over = {}) {
      const code = await putCode(`export const handler = () => ${JSON.stringify(answer)};\n`);
      await apply(functionObject(name, code, over), httpTrigger(name));
      await routed(name);
    },
    system,
    gateway,
    get scaler() {
      return scaler;
    },
    url,
    publicUrl,
    adminUrl,
    fetch: (path, init) => fetch(`${url}${path}`, init),
    async fibStatus(fn) {
      const { stdout, stderr } = await runFib(dir, ['status', '-n', namespace, '--json'], { ...process.env, KUBECONFIG: cluster.kubeconfig }, 60_000);
      if (stdout === '') throw new Error(`fib status said: ${stderr}`);
      return (JSON.parse(stdout) as ClusterStatus).functions.find(({ name }) => name === `${namespace}/${fn}`);
    },
    state,
    async idle(pool, count) {
      const counted = async () => (await state()).pools.find(({ name }) => name === `${namespace}/${pool}`)?.idle === count;
      await eventually(counted, async () => `pool ${pool} has not ${count} idle instances: ${JSON.stringify((await state()).pools)}`);
    },
    pods: async () => (await cluster.get<{ items: Pod[] }>('pods', '-n', namespace)).items,
    async startScaler() {
      scaler = await startScaler();
      return scaler;
    },
    async startRival() {
      const port = await freePort();
      const leads = startProcess(new URL('scaler/main.ts', ROOT), renderEnv(scalerConfig, { ...common, ...own, podName: 'rival', podIp: '192.0.2.3', port }));
      void leads.then((rival) => rivals.push(rival));
      return { url: `http://127.0.0.1:${port}`, leads };
    },
    load(path, texts) {
      const wrong: string[] = [];
      let sent = 0;
      let ends = false;
      const client = async () => {
        while (!ends) {
          const answer = await fetch(`${url}${path}`).then(
            async (response) => `${response.status} ${await response.text()}`,
            (error: Error) => error.message,
          );
          sent++;
          if (!texts.includes(answer.replace('200 ', ''))) wrong.push(answer);
        }
      };
      const clients = Promise.all(Array.from({ length: CLIENTS }, client));
      return async () => {
        ends = true;
        await clients;
        return { sent, wrong };
      };
    },
    async close() {
      await Promise.all([gateway, scaler, ...rivals].map((process) => process.stop()));
      await cluster.kubectl(['delete', 'namespace', namespace, system, '--wait=false']);
      await rm(dir, { recursive: true });
    },
  };
}
