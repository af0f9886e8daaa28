import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKubernetesClient, type KubernetesClient } from '../../../kit/kubernetes/client.ts';
import { serverSideApply } from '../../../kit/kubernetes/apply.ts';
import { resourcePath } from '../../../kit/kubernetes/path.ts';
import { silentLog } from '../../../kit/log.ts';
import { createKubernetesStore } from '../../../kit/store/kubernetes.ts';
import { PLATFORM_PORTS, SCALER_NAME } from '../../../protocol/cluster-names.ts';
import { SCALER_PATHS } from '../../../protocol/names.ts';
import type { Package } from '../../../protocol/package.ts';
import { renderPackageConfigMap } from '../../../protocol/package-config-map.ts';
import type { AnyResource } from '../../../protocol/schema/resources.ts';
import type { ScalerState } from '../../contract/platform.ts';
import { install, type Installed, type InstallOptions } from '../../cluster/install.ts';
import { openWindow, type Window } from '../../cluster/install-world/window.ts';

/** The platform in pods, and what benches do with it. */
export interface BenchPlatform {
  readonly installed: Installed;
  readonly window: Window;
  readonly client: KubernetesClient;
  /** Puts objects into the functions' namespace, whatever they say. */
  apply(...objects: readonly AnyResource[]): Promise<void>;
  putPackage(pack: Package): Promise<void>;
  remove(kind: AnyResource['kind'], name: string): Promise<void>;
  /** A request of a client that keeps its connections. */
  call(path: string): Promise<Answer>;
  /** Of the scaler that leads. @throws Error while none is found */
  state(): Promise<ScalerState>;
  /** Resolves once the state fits. @throws Error with its pools after `timeoutMs` (default 3 min) */
  until(fits: (state: ScalerState) => boolean, timeoutMs?: number): Promise<ScalerState>;
  close(): Promise<void>;
}

/** Installs it by the documented lines, with images that are there. */
export async function openBenchPlatform(options: InstallOptions): Promise<BenchPlatform> {
  const installed = await install({ images: false, ...options });
  try {
    return await openInstalled(installed);
  } catch (error) {
    await installed.remove();
    throw error;
  }
}

async function openInstalled(installed: Installed): Promise<BenchPlatform> {
  const { cluster, namespace } = installed;
  const window = await openWindow(installed);
  const client = await createKubernetesClient({ kubeconfig: cluster.kubeconfig });
  const agent = new Agent({ keepAlive: true });
  const store = createKubernetesStore({ client, namespaces: [namespace], log: silentLog });
  const leaderAddress = async () => {
    const leader = await window.leader();
    return (await window.podsOf(SCALER_NAME)).find(({ metadata }) => metadata.name === leader)?.status.podIP;
  };
  let address = await leaderAddress();
  const state = async () => {
    const headers = { authorization: `Bearer ${window.token}` };
    const answer = await fetch(`http://${address}:${PLATFORM_PORTS.scaler}${SCALER_PATHS.state}`, { headers, signal: AbortSignal.timeout(5000) });
    if (answer.ok) return (await answer.json()) as ScalerState;
    // Another leads by now.
    address = await leaderAddress();
    throw new Error(`the scaler answered ${answer.status}`);
  };
  return {
    installed,
    window,
    client,
    async apply(...objects) {
      for (const object of objects) await store.apply({ ...object, metadata: { ...object.metadata, namespace } });
    },
    async putPackage(pack) {
      const object = renderPackageConfigMap(pack, namespace, {});
      await serverSideApply(client, resourcePath({ version: 'v1', plural: 'configmaps', namespace, name: object.metadata.name }), object, {
        fieldManager: 'bench',
      });
    },
    remove: (kind, name) => store.remove(kind, namespace, name),
    call: (path) => call(agent, installed.url + path),
    state,
    async until(fits, timeoutMs = 180_000) {
      let last: ScalerState | undefined;
      for (const deadline = performance.now() + timeoutMs; performance.now() < deadline; await sleep(50)) {
        last = await state().catch(() => last);
        if (last && fits(last)) return last;
      }
      throw new Error(`the platform did not get there: ${JSON.stringify(last?.pools)}`);
    },
    async close() {
      agent.destroy();
      await client.close();
      await installed.remove();
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** From the request to the last byte. */
  readonly ms: number;
  /** Phases of a cold start, in milliseconds, as `Server-Timing` names them; empty for a warm request. */
  readonly phases: ReadonlyMap<string, number>;
}

function call(agent: Agent, url: string): Promise<Answer> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
          ms: performance.now() - startedAt,
          phases: parsePhases(String(response.headers['server-timing'] ?? '')),
        }),
      );
    }).on('error', reject);
  });
}

function parsePhases(header: string): Map<string, number> {
  return new Map([...header.matchAll(/([A-Za-z]+);dur=([\d.]+)/g)].map(([, name = '', ms]) => [name, Number(ms)]));
}
