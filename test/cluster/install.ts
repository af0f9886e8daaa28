import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineStack } from '../../constructs/define-stack.ts';
import { FunctionStack } from '../../constructs/function-stack.ts';
import { synthesizeStack } from '../../constructs/loader.ts';
import { Platform } from '../../constructs/platform/platform.ts';
import type { PlatformProps } from '../../constructs/platform/platform-props.ts';
import { Size } from '../../constructs/size.ts';
import type { KubernetesObject } from '../../constructs/synth/object.ts';
import { writeSynth } from '../../constructs/synth/write.ts';
import { ALERTMANAGER_NAME, GATEWAY_NAME, GATEWAY_PUBLIC_SERVICE, PROMETHEUS_NAME, SCALER_NAME } from '../../protocol/cluster-names.ts';
import { TEST_IMAGES } from './images/test-images.ts';
import { loadTestImages } from './images/load.ts';
import { type Cluster, openCluster } from './machine/cluster.ts';

/** What a person types after `fib synth`, in the folder that holds both trees. */
export const INSTALL_LINES = [
  'kubectl apply --server-side -k platform',
  'kubectl wait --for=condition=Established crd -l app.kubernetes.io/part-of=fibonacci --timeout=60s',
  'kubectl apply --server-side -k functions',
] as const;

export interface InstallOptions {
  /** What its two namespaces begin with: `<topic>-<random>` and `<topic>-<random>-system`. */
  readonly topic: string;
  /** What is in the functions tree. Functions with `access: 'public'` are reached from this machine. */
  readonly functions?: (stack: FunctionStack) => void;
  /** Beside images, namespaces and exposure. Pods ask for little of a node, so that several installations fit. */
  readonly platform?: Omit<PlatformProps, 'namespace' | 'functionNamespaces' | 'images' | 'exposure'>;
  /** Builds and loads images that changed. @default true */
  readonly images?: boolean;
}

/** The real thing, in pods of the test cluster. */
export interface Installed {
  readonly cluster: Cluster;
  /** Of the platform's own parts. */
  readonly system: string;
  /** Of functions. */
  readonly namespace: string;
  /** Of the Service `fibonacci-gateway-public`, as this machine reaches it. */
  readonly url: string;
  /** Everything in the platform tree, as it was rendered. */
  readonly platformObjects: readonly KubernetesObject[];
  /** From the first line to everything available. */
  readonly installedMs: number;
  /** Synthesizes another functions tree and applies it; what it has no more stays, as with kubectl. */
  applyFunctions(functions: (stack: FunctionStack) => void): Promise<void>;
  /** `kubectl delete -k functions`. */
  deleteFunctions(): Promise<void>;
  /** Resolves once all parts are rolled out. */
  available(): Promise<void>;
  /** Takes away everything but the CRDs, which installations share. */
  remove(): Promise<void>;
}

/** Small requests: nodes of the test cluster are two processors together. */
const SMALL: InstallOptions['platform'] = {
  gateway: { replicas: 2, resources: { cpuRequest: '20m', memory: Size.mebibytes(256) } },
  scaler: { replicas: 2, resources: { cpuRequest: '20m', memory: Size.mebibytes(256) } },
  functions: { cpuRequest: '10m' },
};

/** Installs by the documented lines. Resolves once every part is available. @throws Error, with nothing left behind */
export async function install(options: InstallOptions): Promise<Installed> {
  const cluster = await openCluster();
  if (options.images ?? true) await loadTestImages(cluster);
  const namespace = `${options.topic}-${randomBytes(3).toString('hex')}`;
  const system = `${namespace}-system`;
  const dir = await mkdtemp(join(tmpdir(), 'install-'));
  const write = (functions: InstallOptions['functions']) => writeTrees(dir, options.platform, { namespace, system }, functions);
  const run = (line: string) => runLine(cluster, dir, line);
  const platformObjects = write(options.functions);
  const removeAll = async () => {
    await removeInstallation(cluster, system, namespace, platformObjects);
    await rm(dir, { recursive: true });
  };
  const startedAt = performance.now();
  try {
    for (const line of INSTALL_LINES.slice(0, options.functions ? 3 : 2)) await run(line);
    await available(cluster, system);
    const url = `http://${await serviceAddress(cluster, system, GATEWAY_PUBLIC_SERVICE)}`;
    return {
      cluster,
      system,
      namespace,
      url,
      platformObjects,
      installedMs: performance.now() - startedAt,
      async applyFunctions(functions) {
        write(functions);
        await run(INSTALL_LINES[2]);
      },
      deleteFunctions: async () => void (await run('kubectl delete -k functions')),
      available: () => available(cluster, system),
      remove: removeAll,
    };
  } catch (error) {
    const picture = await cluster.kubectl(['get', 'pods,events', '-n', system]).catch(() => '');
    await removeAll();
    throw new Error(`the platform could not be installed:\n${picture}`, { cause: error });
  }
}

/** @returns the objects of the platform tree */
function writeTrees(
  dir: string,
  props: InstallOptions['platform'],
  { namespace, system }: { readonly namespace: string; readonly system: string },
  functions: InstallOptions['functions'],
): KubernetesObject[] {
  const monitoring = { prometheus: { image: TEST_IMAGES.prometheus }, alertmanager: { image: TEST_IMAGES.alertmanager } };
  const stack = defineStack((app) => {
    new Platform(app, 'fibonacci', {
      namespace: system,
      functionNamespaces: [namespace],
      images: { registry: 'localhost', tag: 'test' },
      exposure: { service: { type: 'NodePort' } },
      monitoring,
      ...SMALL,
      ...props,
    });
    if (functions) functions(new FunctionStack(app, 'functions', { namespace }));
  });
  const result = synthesizeStack(stack);
  writeSynth(dir, result);
  return result.objects.filter(({ tree }) => tree === 'platform').map(({ object }) => object);
}

/** A line as it stands in the documentation; paths in it are below `dir`. */
async function runLine(cluster: Cluster, dir: string, line: string): Promise<void> {
  const [program, ...args] = line.split(' ');
  if (program !== 'kubectl') throw new Error(`not a line for kubectl: ${line}`);
  await cluster.kubectl(args.map((arg, index) => (args[index - 1] === '-k' ? join(dir, arg) : arg)));
}

async function available(cluster: Cluster, system: string): Promise<void> {
  const parts = [`deployment/${GATEWAY_NAME}`, `deployment/${SCALER_NAME}`, `statefulset/${PROMETHEUS_NAME}`, `statefulset/${ALERTMANAGER_NAME}`];
  await Promise.all(parts.map((part) => cluster.kubectl(['rollout', 'status', part, '-n', system, '--timeout=120s'])));
}

/** The machine has a route to Services. */
async function serviceAddress(cluster: Cluster, namespace: string, name: string): Promise<string> {
  interface Service {
    readonly spec: { readonly clusterIP: string; readonly ports: readonly { readonly port: number }[] };
  }
  const { spec } = await cluster.get<Service>('service', name, '-n', namespace);
  return `${spec.clusterIP}:${spec.ports[0]?.port}`;
}

async function removeInstallation(cluster: Cluster, system: string, namespace: string, objects: readonly KubernetesObject[]): Promise<void> {
  await cluster.kubectl(['delete', 'namespace', namespace, system, '--wait=false', '--ignore-not-found']);
  const ofCluster = objects.filter(({ kind }) => kind.startsWith('ClusterRole'));
  await cluster.kubectl(['delete', '--ignore-not-found', ...ofCluster.map(({ kind, metadata }) => `${kind}/${metadata.name}`)]);
}
