import { setTimeout as sleep } from 'node:timers/promises';
import { KubernetesError } from '../../kit/kubernetes/error.ts';
import { createLineReader } from '../../kit/lines.ts';
import { toClusterError } from './cluster-failure.ts';
import { type Cluster, pathOf } from './cluster.ts';
import { mapConcurrent } from './concurrent.ts';
import { compareTimes, newestLines, parsePodLine, type PodLine } from './log-merge.ts';
import { PODS } from './picture.ts';

export interface LogsOptions {
  /** Pods to read, now; asked again while following. */
  findPods(): Promise<readonly LogPod[]>;
  readonly lines: number;
  readonly follow: boolean;
  readonly signal: AbortSignal;
  show(line: PodLine): void;
}

export interface LogPod {
  readonly namespace: string;
  readonly name: string;
}

const PODS_AT_ONCE = 16;
const POLL_MS = 1000;
const MAX_LINE_BYTES = 1024 * 1024;

/** The last lines of all pods in the order of their times; then, following, what they and new ones write, until the signal. A stream that breaks goes on where it was. */
export async function readLogs(cluster: Cluster, options: LogsOptions): Promise<void> {
  const { findPods, lines, follow, show, signal } = options;
  const before: PodLine[] = [];
  const reached = new Map<string, string>();
  await mapConcurrent(await findPods(), PODS_AT_ONCE, async (pod) => {
    const onLine = (line: PodLine) => before.push(line);
    await readPod(cluster, pod, { tailLines: Math.max(lines, 1) }, signal, onLine);
    reached.set(keyOf(pod), before.findLast((line) => line.pod === keyOf(pod))?.time ?? '');
  });
  newestLines(before, lines).forEach(show);
  const following = new Map<string, Promise<void>>();
  while (follow && !signal.aborted) {
    for (const pod of await findPods()) {
      const key = keyOf(pod);
      if (following.has(key)) continue;
      const turn = followPod(cluster, pod, reached, options).finally(() => following.delete(key));
      following.set(key, turn);
    }
    await pause(POLL_MS, signal);
  }
  await Promise.all(following.values());
}

/** One stream; the next poll begins another from there, while the pod is there. */
async function followPod(cluster: Cluster, pod: LogPod, reached: Map<string, string>, { show, signal }: LogsOptions): Promise<void> {
  const key = keyOf(pod);
  const last = reached.get(key) ?? '';
  const onLine = (line: PodLine) => {
    // `sinceTime` counts whole seconds: what was shown already comes again.
    if (compareTimes(line.time, reached.get(key) ?? '') <= 0) return;
    reached.set(key, line.time);
    show(line);
  };
  await readPod(cluster, pod, { follow: true, ...(last !== '' && { sinceTime: last }) }, signal, onLine);
  await pause(POLL_MS, signal);
}

/** Reads until the log ends. A container that has not started, a pod that is gone and a stream that breaks are no failures. */
async function readPod(
  cluster: Cluster,
  pod: LogPod,
  query: Readonly<Record<string, string | number | boolean>>,
  signal: AbortSignal,
  onLine: (line: PodLine) => void,
): Promise<void> {
  const { namespace, name } = pod;
  const read = createLineReader({ maxBytes: MAX_LINE_BYTES, onLine: (line) => onLine(parsePodLine(keyOf(pod), line)), onTooLong: () => undefined });
  try {
    const path = pathOf(PODS, { namespace, name, subresource: 'log' });
    for await (const chunk of cluster.client.bytes(path, { query: { timestamps: true, ...query }, signal })) read(chunk);
  } catch (error) {
    if (signal.aborted) return;
    const failure = toClusterError(error, { verb: 'get', resource: 'pods/log', namespace, context: cluster.context });
    if (!(failure instanceof KubernetesError)) throwUnlessBroken(failure, query['follow'] === true);
    else if (failure.status !== 400 && failure.status !== 404 && failure.status < 500) throw failure;
  }
}

/** While following, an API server that is away for a moment is waited for. */
function throwUnlessBroken(failure: unknown, following: boolean): void {
  if (following && (failure as { code?: unknown }).code === 'CLUSTER_UNREACHABLE') return;
  throw failure;
}

function keyOf({ namespace, name }: LogPod): string {
  return `${namespace}/${name}`;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
