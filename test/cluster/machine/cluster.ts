import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { command } from './command.ts';
import { API_SERVER } from './control-plane.ts';
import { clusterFolders, type Folders } from './folders.ts';
import { loadKindImage } from './kind.ts';
import { importImage } from './machine.ts';
import { NODES } from './plan.ts';
import { resumeProcess, stopProcess } from './process.ts';
import { type Provider, runningProvider } from './provider.ts';

export interface ClusterNode {
  readonly name: string;
  readonly zone: string;
  /** InternalIP; NodePorts answer here. */
  readonly address: string;
}

/** The cluster that `npm run cluster` made, as tests use it. */
export interface Cluster {
  readonly provider: Provider;
  /** Path; it holds the administrator's certificate. */
  readonly kubeconfig: string;
  /** Folder of kubectl and other programs; to be put first on PATH. */
  readonly bin: string;
  readonly nodes: readonly ClusterNode[];
  /** Every request of a service account, one JSON line each (audit.k8s.io/v1, level Metadata). */
  readonly auditLog: string;
  /** Runs kubectl. @returns its standard output @throws CommandFailed */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** Runs kubectl and reads its output as JSON. */
  get<T>(...args: readonly string[]): Promise<T>;
  /** Creates or changes objects by server-side apply. */
  apply(...objects: readonly object[]): Promise<void>;
  /** Imports an archive (OCI or docker) into every node, under the names that it holds. */
  loadImage(archive: string): Promise<void>;
  readonly faults: Faults;
}

/** What tests break; only where the cluster is made of processes of this machine. */
export interface Faults {
  /** Kills the API server at once, or lets it end its requests. */
  stopApiServer(options?: { readonly graceful?: boolean }): Promise<void>;
  /** Resolves when it answers again. */
  startApiServer(): Promise<void>;
  /** Ends the kubelet of a node and starts it again after `downMs` (default 0); its pods go on. */
  restartKubelet(node: string, downMs?: number): Promise<void>;
  /** Evicts what runs on a node and keeps new pods away. */
  drain(node: string): Promise<void>;
  uncordon(node: string): Promise<void>;
}

/** @throws Error where no cluster runs, with the way out */
export async function openCluster(folders: Folders = clusterFolders()): Promise<Cluster> {
  const provider = runningProvider(folders);
  if (!provider) throw new Error('no test cluster runs; start it by: npm run cluster');
  const kubectl = (args: readonly string[], input?: string) =>
    command('kubectl', args, {
      env: { ...process.env, KUBECONFIG: folders.kubeconfig, PATH: [folders.bin, process.env['PATH']].join(delimiter) },
      ...(input === undefined ? {} : { input }),
    });
  const get = async <T>(...args: readonly string[]) => JSON.parse(await kubectl(['get', ...args, '-o', 'json'])) as T;
  return {
    provider,
    kubeconfig: folders.kubeconfig,
    bin: folders.bin,
    nodes: await listNodes(get),
    auditLog: join(folders.log, 'audit.log'),
    kubectl,
    get,
    apply: async (...objects) =>
      void (await kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))),
    loadImage: (archive) => loadImage(provider, folders, archive),
    faults: createFaults(provider, folders, kubectl),
  };
}

async function listNodes(get: Cluster['get']): Promise<ClusterNode[]> {
  interface Node {
    readonly metadata: { readonly name: string; readonly labels?: Record<string, string> };
    readonly status: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
  }
  const { items } = await get<{ items: readonly Node[] }>('nodes');
  const all = items.map(({ metadata, status }) => ({
    name: metadata.name,
    zone: metadata.labels?.['topology.kubernetes.io/zone'] ?? '',
    address: status.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '',
  }));
  return all.filter(({ zone }) => zone !== '');
}

async function loadImage(provider: Provider, folders: Folders, archive: string): Promise<void> {
  if (provider === 'machine') await Promise.all(NODES.map((plan) => importImage(folders, plan, archive)));
  else if (provider === 'kind') await loadKindImage(archive);
  else throw new Error(`${archive} cannot be loaded into a cluster that was given by KUBECONFIG: push the image to a registry that it pulls from`);
}

function createFaults(provider: Provider, folders: Folders, kubectl: Cluster['kubectl']): Faults {
  const assertOwn = () => {
    if (provider !== 'machine') throw new Error(`parts of a cluster of the kind "${provider}" cannot be stopped; unset KUBECONFIG and run as root on Linux`);
  };
  return {
    stopApiServer: async ({ graceful = false } = {}) => {
      assertOwn();
      await stopProcess(folders, API_SERVER, graceful ? 'SIGTERM' : 'SIGKILL', 90_000);
    },
    startApiServer: async () => {
      assertOwn();
      await resumeProcess(folders, API_SERVER);
      await untilAnswers(kubectl);
    },
    restartKubelet: async (node, downMs = 0) => {
      assertOwn();
      await stopProcess(folders, `kubelet-${node}`);
      await sleep(downMs);
      await resumeProcess(folders, `kubelet-${node}`);
    },
    drain: async (node) => void (await kubectl(['drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--force', '--timeout=120s'])),
    uncordon: async (node) => void (await kubectl(['uncordon', node])),
  };
}

async function untilAnswers(kubectl: Cluster['kubectl']): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      await kubectl(['get', '--raw', '/readyz']);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}
