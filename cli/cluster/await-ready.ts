import { setTimeout as sleep } from 'node:timers/promises';
import { idOf } from '../../constructs/synth/group-kind.ts';
import type { KubernetesObject, SynthObject } from '../../constructs/synth/object.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterObject } from './cluster-object.ts';
import { mapConcurrent } from './concurrent.ts';
import { canBecomeReady, judgeReadiness, type Verdict } from './readiness.ts';
import { ownerOf, selectorOf } from './scope.ts';
import { explainVerdict } from './workload-pods.ts';

export interface AwaitOptions {
  readonly timeoutMs: number;
  /** Told once as an object becomes ready, unless it was so from the beginning, and each time what it waits for changes. */
  onVerdict(synth: SynthObject, verdict: Verdict, ready: number, total: number): void;
}

export interface NotReady {
  readonly synth: SynthObject;
  readonly why: string;
}

const POLL_MS = 1000;
/** Where something has been failing for this long, and nothing has changed since, more time does not help. */
const SETTLED_MS = 30_000;

/** Waits until all objects are ready; gives those that are not when time is up, or when something fails and nothing changes any more. */
export async function awaitReady(cluster: Cluster, synths: readonly SynthObject[], { timeoutMs, onVerdict }: AwaitOptions): Promise<NotReady[]> {
  const awaited = synths.filter(({ object }) => canBecomeReady(object));
  const pending = new Map(awaited.map((synth) => [synth, { why: '', failing: false, since: performance.now() }]));
  const begun = performance.now();
  let changedAt = begun;
  for (;;) {
    const live = await readMany(cluster, [...pending.keys()]);
    const now = performance.now();
    for (const [synth, known] of pending) {
      const object = live.get(synth.id);
      const verdict: Verdict = object ? await explainVerdict(cluster, object, judgeReadiness(object)) : { kind: 'waiting', why: 'it is not there yet' };
      const why = verdict.kind === 'ready' ? '' : verdict.why;
      const failing = verdict.kind === 'failing';
      if (verdict.kind === 'ready') pending.delete(synth);
      else pending.set(synth, { why, failing, since: failing && known.failing ? known.since : now });
      if (why === known.why && verdict.kind !== 'ready') continue;
      changedAt = now;
      if (why !== known.why) onVerdict(synth, verdict, awaited.length - pending.size, awaited.length);
    }
    const left = [...pending].map(([synth, { why }]) => ({ synth, why }));
    const settled = now - changedAt >= SETTLED_MS && [...pending.values()].some(({ failing, since }) => failing && now - since >= SETTLED_MS);
    if (left.length === 0 || settled || now - begun + POLL_MS > timeoutMs) return left;
    await sleep(POLL_MS);
  }
}

/** The objects by their ids, with one request for all of a kind, namespace and stack. */
async function readMany(cluster: Cluster, synths: readonly SynthObject[]): Promise<Map<string, ClusterObject>> {
  const groups = Map.groupBy(synths, ({ object }) =>
    [object.apiVersion, object.kind, object.metadata.namespace ?? '', selectorFor(object) ?? object.metadata.name].join(' '),
  );
  const found = await mapConcurrent([...groups.values()], 8, async ([first]) => {
    if (!first) return [];
    const { object } = first;
    const type = await cluster.discovery.find(object.apiVersion, object.kind);
    const labelSelector = selectorFor(object);
    if (!type) return [];
    if (labelSelector !== undefined) return cluster.list<ClusterObject>(type, object.metadata.namespace, { labelSelector });
    const one = await cluster.get(type, object.metadata);
    return one ? [one] : [];
  });
  return new Map(found.flat().map((object) => [idOf(object), object]));
}

function selectorFor(object: KubernetesObject): string | undefined {
  const owner = ownerOf(object);
  return owner && selectorOf(owner);
}
