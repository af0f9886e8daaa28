import { renderTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import type { Cluster } from './cluster.ts';
import { type ClusterPicture, type FleetPod, readPicture } from './picture.ts';

/** What `fib ps` shows of a cluster; the fields are named as for `fib dev`. */
export interface ClusterProcesses {
  readonly context: string;
  readonly functions: readonly FunctionRow[];
  readonly instances: readonly InstanceRow[];
  readonly pools: readonly PoolRow[];
}

interface FunctionRow {
  readonly namespace: string;
  readonly name: string;
  readonly runtime: string;
  readonly deployment: { readonly type: string; readonly pool?: string };
  readonly instances: number;
  readonly readyInstances: number;
  readonly routes: readonly { readonly path: string; readonly host?: string; readonly accepted: boolean }[];
  readonly timers: readonly { readonly schedule: string }[];
  readonly status: object;
}

interface InstanceRow {
  readonly id: string;
  readonly function: string;
  readonly pool?: string;
  readonly state: 'ready' | 'starting' | 'idle' | 'ending' | 'failing';
  readonly restarts: number;
  readonly node: string;
  readonly address: string;
  readonly content: string;
  readonly problem?: string;
}

interface PoolRow {
  readonly namespace: string;
  readonly name: string;
  readonly runtime: string;
  readonly min: number;
  readonly max: number;
  readonly idle: number;
  readonly starting: number;
  readonly leased: number;
}

/** Functions, their pods, and pools, from the custom resources and pods. */
export async function readProcesses(cluster: Cluster, namespace: string | undefined): Promise<ClusterProcesses> {
  return { context: cluster.context, ...toProcesses(await readPicture(cluster, namespace)) };
}

export function toProcesses({ functions, triggers, pools, pods }: ClusterPicture): Omit<ClusterProcesses, 'context'> {
  return {
    functions: functions.map(({ metadata: { namespace, name }, spec, status }) => {
      const own = triggers.filter((trigger) => trigger.metadata.namespace === namespace && trigger.spec.function === name);
      const its = pods.filter((pod) => pod.function === `${namespace}/${name}`);
      return {
        namespace,
        name,
        runtime: spec.runtime,
        deployment: spec.deployment,
        instances: its.length,
        readyInstances: its.filter(({ ready }) => ready).length,
        routes: own.flatMap(({ spec: { http }, status: seen }) => {
          const accepted = seen?.conditions?.find(({ type }) => type === 'Accepted')?.status !== 'False';
          return http ? [{ path: http.path, ...(http.host !== undefined && { host: http.host }), accepted }] : [];
        }),
        timers: own.flatMap(({ spec: { timer } }) => (timer ? [{ schedule: timer.schedule }] : [])),
        status: status ?? {},
      };
    }),
    instances: pods.map(toInstance),
    pools: pools.map(({ metadata: { namespace, name }, spec: { runtime, min, max } }) => {
      const its = pods.filter((pod) => pod.namespace === namespace && pod.pool === name);
      const waiting = its.filter(({ assignment }) => assignment === undefined);
      const idle = waiting.filter(({ ready }) => ready).length;
      return { namespace, name, runtime, min, max, idle, starting: waiting.length - idle, leased: its.length - waiting.length };
    }),
  };
}

export function renderProcesses({ functions, instances, pools }: ClusterProcesses, terminal: Terminal): string {
  const bold = (text: string) => terminal.paint('bold', text);
  const functionRows = functions.map(({ namespace, name, runtime, deployment, readyInstances, instances: all, routes, timers }) => [
    `${namespace}/${name}`,
    runtime,
    deployment.type === 'hot' ? `hot (${deployment.pool})` : 'cold',
    `${readyInstances}/${all}`,
    [
      ...routes.map(({ host = '', path, accepted }) => `${host}${path}${accepted ? '' : ' (refused: taken)'}`),
      ...timers.map(({ schedule }) => `timer ${schedule}`),
    ].join(', '),
  ]);
  const parts = [renderTable([['FUNCTION', 'RUNTIME', 'DEPLOYMENT', 'READY', 'TRIGGERS'].map(bold), ...functionRows])];
  if (instances.length > 0) {
    const rows = instances.map(({ id, function: fn, state, restarts, node, content, problem = '' }) => [
      id,
      fn,
      state,
      String(restarts),
      node,
      content.slice(0, 19),
      problem,
    ]);
    parts.push(renderTable([['INSTANCE', 'FUNCTION', 'STATE', 'RESTARTS', 'NODE', 'CONTENT', 'PROBLEM'].map(bold), ...rows]));
  }
  if (pools.length > 0) {
    const rows = pools.map(({ namespace, name, runtime, min, max, idle, starting, leased }) => [
      `${namespace}/${name}`,
      runtime,
      `${min}-${max}`,
      ...[idle, starting, leased].map(String),
    ]);
    parts.push(renderTable([['POOL', 'RUNTIME', 'SIZE', 'WAITING', 'STARTING', 'LEASED'].map(bold), ...rows]));
  }
  return parts.join('\n\n');
}

function toInstance(pod: FleetPod): InstanceRow {
  const problem = pod.problem ?? pod.finished;
  return {
    id: `${pod.namespace}/${pod.name}`,
    function: pod.function ?? '',
    ...(pod.pool !== undefined && { pool: pod.pool }),
    state: stateOf(pod),
    restarts: pod.restarts,
    node: pod.node ?? '',
    address: pod.ip ?? '',
    content: pod.assignment?.content ?? '',
    ...(problem !== undefined && { problem }),
  };
}

function stateOf({ endsBy, problem, finished, ready, function: fn }: FleetPod): InstanceRow['state'] {
  if (endsBy !== undefined) return 'ending';
  if (problem !== undefined || finished !== undefined) return 'failing';
  if (!ready) return 'starting';
  return fn === undefined ? 'idle' : 'ready';
}
