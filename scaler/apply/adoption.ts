import type { Fleet, Instance } from '../../kit/fleet/fleet.ts';
import type { Log } from '../../kit/log.ts';
import { decideAdoption, type FoundInstance, type WatcherAnswer } from '../decide/adoption.ts';
import type { FunctionRegistry, ManagedFunction, ResolvedRevision } from '../observe/functions.ts';
import type { Members } from './members.ts';
import type { WatcherClient } from './watcher-client.ts';

export interface AdoptionDeps {
  readonly fleet: Pick<Fleet, 'list' | 'claim' | 'stop'>;
  readonly watchers: Pick<WatcherClient, 'status'>;
  readonly functions: FunctionRegistry;
  readonly members: Pick<Members, 'adopt' | 'has'>;
  /** The revision of a function that has this content, or what comes nearest. */
  revisionOf(fn: ManagedFunction, instance: Instance, content: string, generation: number): ResolvedRevision;
  readonly log: Log;
}

/** An instance that a gateway knows, and whose it says it is. */
export interface Replayed {
  readonly id: string;
  readonly uid: string;
  readonly content: string;
}

export interface Adoption {
  /** Looks at every instance there is, before the first lease. */
  all(): Promise<void>;
  /** Looks at those that a gateway uses and this leader does not know. */
  replayed(instances: readonly Replayed[]): Promise<void>;
}

const AT_ONCE = 64;
/** Callers wait while a new leader looks around: who has not answered until then counts as silent. */
const LOOK_MS = 5000;

/** Takes over what a leader before this one has left. */
export function createAdoption({ fleet, watchers, functions, members, revisionOf, log }: AdoptionDeps): Adoption {
  const isLive = (uid: string) => functions.get(uid)?.deleted === false;

  const ask = async ({ id, controlUrl, template }: Instance, until: number): Promise<WatcherAnswer> => {
    if (template.container) return { kind: 'no-watcher' };
    if (controlUrl === undefined || performance.now() >= until) return { kind: 'silent' };
    try {
      const { state, function: owner, content, generation } = await watchers.status({ id, controlUrl });
      return { kind: 'answered', state, uid: owner?.uid ?? null, content, generation: generation ?? 0 };
    } catch {
      return { kind: 'silent' };
    }
  };
  const settle = (instance: Instance, found: FoundInstance): 'adopt' | 'leave' | 'stop' => {
    const verdict = decideAdoption(found, isLive);
    if (verdict.kind === 'leave' || members.has(instance.id)) return 'leave';
    const fn = verdict.kind === 'adopt' ? functions.get(verdict.uid) : undefined;
    const held = instance.state === 'idle' ? fleet.claim(instance.id) : instance;
    if (verdict.kind === 'adopt' && fn && held && instance.dataAddress !== undefined) {
      members.adopt(fn, held, revisionOf(fn, held, verdict.content, verdict.generation));
      fn.replicas = Math.max(fn.replicas, fn.members.size);
      return 'adopt';
    }
    log.warn('an instance of the former leader is ended', { instance: instance.id, reason: verdict.kind === 'stop' ? verdict.reason : 'it is going already' });
    void fleet.stop(instance.id, 0);
    return 'stop';
  };
  const look = async (instances: readonly Instance[], replayed: ReadonlyMap<string, Replayed>) => {
    const until = performance.now() + LOOK_MS;
    const line = [...instances];
    const counts = { adopt: 0, leave: 0, stop: 0 };
    const worker = async () => {
      for (let instance = line.pop(); instance; instance = line.pop()) {
        const answer = await ask(instance, until);
        const { assignment, state, id } = instance;
        const recorded = assignment && { uid: assignment.function.uid, content: assignment.content };
        counts[settle(instance, { state, assignment: recorded, replayed: replayed.get(id), answer })]++;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return counts;
  };
  return {
    async all() {
      const instances = fleet.list();
      if (instances.length === 0) return;
      const { adopt: adopted, leave: waiting, stop: ended } = await look(instances, new Map());
      log.info('took over from the former leader', { adopted, waiting, ended });
    },
    async replayed(known) {
      const byId = new Map(known.map((instance) => [instance.id, instance]));
      const unknown = fleet.list().filter(({ id, state }) => byId.has(id) && !members.has(id) && state !== 'stopping');
      if (unknown.length > 0) await look(unknown, byId);
    },
  };
}
