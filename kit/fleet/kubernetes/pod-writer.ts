import { backoffMs } from '../../backoff.ts';
import { type KubernetesClient, KubernetesError, PATCH_TYPES, resourcePath } from '../../kubernetes/client.ts';
import type { Log } from '../../log.ts';
import type { Assignment } from '../fleet.ts';
import { isRecorded, renderAssignment } from './assignment.ts';
import type { Member } from './members.ts';
import { parsePod, type PodView } from './pods.ts';
import type { WriteQueue } from './write-queue.ts';

/** Changes pods in the cluster, one write at a time for each, until it is done or the pod is gone. */
export interface PodWriter {
  /** Resolves once the pod says whose it is, or when it is gone. */
  record(member: Member): Promise<void>;
  /** Asks for its end, unless that is near enough already. */
  remove(member: Member, afterMs: number): void;
  /** Of the pods that a Deployment has too many of, this one is to go first. One try. */
  offer(member: Member): Promise<void>;
  close(): void;
}

export interface PodWriterDeps {
  readonly client: KubernetesClient;
  readonly queue: WriteQueue;
  readonly log: Log;
  now(): number;
}

const BACKOFF = { firstMs: 200, maxMs: 10_000 };
const LOWEST_COST = '-2147483647';
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
/** Ends that differ by less are the same. */
const NEAR_MS = 1500;

export function createPodWriter({ client, queue, log, now }: PodWriterDeps): PodWriter {
  const timers = new Set<NodeJS.Timeout>();
  const recording = new Map<string, Promise<void>>();
  const recorded = new WeakMap<Member, Assignment>();
  const removing = new Set<string>();
  let closed = false;

  const wait = (ms: number, then: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      then();
    }, ms);
    timers.add(timer.unref());
  };
  /** Tries until it succeeds or there is no such pod any more. */
  const insist = async (what: string, { id, pod }: Member, attempt: () => Promise<'done' | 'again'>) => {
    for (let failures = 0; !closed;) {
      try {
        if ((await attempt()) === 'done') return;
      } catch (error) {
        if (isMissing(error)) return;
        failures += 1;
        log.warn(what, { instance: id, pod: pod.uid, failures, problem: (error as Error).message });
        await new Promise<void>((resolve) => wait(backoffMs(failures, BACKOFF), resolve));
      }
    }
  };

  const record = async (member: Member) => {
    let over = false;
    void member.gone.then(() => (over = true));
    // After a conflict we know the pod as it is, sooner than the watch tells.
    let { pod } = member;
    await insist('a pod could not be marked as its function’s', member, () =>
      queue.run('assign', async () => {
        const { assignment } = member;
        if (over || !assignment || recorded.get(member) === assignment || isRecorded(member.pod, assignment)) return 'done';
        try {
          await client.request('PATCH', podPath(pod), { body: renderAssignment(pod, assignment), contentType: PATCH_TYPES.json });
          recorded.set(member, assignment);
          return 'done';
        } catch (error) {
          if (!isConflict(error)) throw error;
          const current = parsePod(await client.request('GET', podPath(pod)));
          if (current?.uid !== pod.uid) return 'done';
          // Not a conflict after all: it is refused as it stands.
          if (current.resourceVersion === pod.resourceVersion) throw error;
          pod = current;
          return 'again';
        }
      }),
    );
  };

  const remove = async (member: Member) => {
    const { graceMs, pod } = member;
    if (pod.endsBy !== undefined && (graceMs === undefined || pod.endsBy - now() <= graceMs + NEAR_MS)) return;
    const grace = graceMs === undefined ? {} : { gracePeriodSeconds: Math.max(1, Math.ceil(graceMs / 1000)) };
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: pod.uid }, ...grace };
    await insist('a pod could not be deleted', member, () =>
      queue.run('remove', async () => {
        await client.request('DELETE', podPath(pod), { body });
        return 'done' as const;
      }),
    );
  };

  return {
    record(member) {
      const turn = (recording.get(member.id) ?? Promise.resolve()).then(() => record(member));
      recording.set(member.id, turn);
      void turn.then(() => {
        if (recording.get(member.id) === turn) recording.delete(member.id);
      });
      return turn;
    },
    remove(member, afterMs) {
      if (removing.has(member.id)) return;
      removing.add(member.id);
      const begin = () => void remove(member).finally(() => removing.delete(member.id));
      if (afterMs > 0) wait(afterMs, begin);
      else begin();
    },
    async offer({ pod }) {
      const body = { metadata: { uid: pod.uid, annotations: { [DELETION_COST]: LOWEST_COST } } };
      await client.request('PATCH', podPath(pod), { body, contentType: PATCH_TYPES.merge }).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
    },
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

function podPath({ namespace, name }: PodView): string {
  return resourcePath({ version: 'v1', plural: 'pods', namespace, name });
}

/** There is no such pod any more, or another one of its name. */
function isMissing(error: unknown): boolean {
  return error instanceof KubernetesError && (error.status === 404 || (error.status === 409 && error.message.includes('UID')));
}

/** The pod has changed since: 409, or 422 where a `test` of a JSON patch fails. */
function isConflict(error: unknown): boolean {
  return error instanceof KubernetesError && (error.status === 409 || error.status === 422);
}
