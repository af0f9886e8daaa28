import { isErrorCode, PlatformError } from '../../protocol/errors.ts';
import type { GatewayMessage, LeaderMessage, StreamInstance } from '../../protocol/stream.ts';
import type { FunctionTable } from '../functions/function-table.ts';
import type { LeaderPort } from '../leader/link.ts';
import type { Capacity } from './capacity.ts';
import { Instance } from './instance.ts';

/** The instances that the leader told of. */
export interface InstanceRegistry {
  all(): Iterable<Instance>;
  /** What `hello` replays. */
  known(): Extract<GatewayMessage, { type: 'hello' }>['instances'];
  apply(message: LeaderMessage): void;
  /** At most once a second for each instance. */
  suspect(instance: Instance, reason: string): void;
  close(): Promise<void>;
}

const SUSPECT_EVERY_MS = 1000;
/** Requests on an instance that is gone end by themselves where the host lives; where it does not, they are cut after this. */
const GONE_GRACE_MS = 1000;
/** Longer than a connection is kept that nothing is sent on. */
const UNUSED_MS = 10_000;

export function createInstanceRegistry(deps: { table: FunctionTable; capacity: Capacity; leader: LeaderPort }): InstanceRegistry {
  const { table, capacity, leader } = deps;
  const instances = new Map<string, Instance>();
  /** Ids of the snapshot that is being received. */
  let snapshot: Set<string> | undefined;

  const looking = setInterval(() => {
    for (const instance of instances.values()) instance.closeUnused();
  }, UNUSED_MS);
  looking.unref();

  const told = (message: StreamInstance) => {
    const entry = table.ensure(message.function);
    let instance = instances.get(message.id);
    if (instance) instance.update(message);
    else instances.set(message.id, (instance = new Instance(message)));
    snapshot?.add(message.id);
    entry.addInstance(instance);
    if (instance.draining && instance.inFlight === 0) leader.send({ type: 'drained', instance: instance.id });
    capacity.serve(entry);
  };
  const gone = (id: string) => {
    const instance = instances.get(id);
    if (!instance) return;
    instances.delete(id);
    instance.gone = true;
    const entry = table.ensure(instance.functionKey);
    entry.removeInstance(id);
    table.forget(entry);
    instance.closeConnections(GONE_GRACE_MS);
  };

  return {
    all: () => instances.values(),
    known: () => [...instances.values()].map(({ id, uid, content }) => ({ id, uid, content })),
    apply(message) {
      switch (message.type) {
        case 'welcome':
          snapshot = new Set();
          return;
        case 'synced':
          for (const id of instances.keys()) if (snapshot && !snapshot.has(id)) gone(id);
          snapshot = undefined;
          return;
        case 'instance':
          return told(message.instance);
        case 'gone':
          return gone(message.instance);
        case 'phase': {
          const entry = table.get(message.function);
          if (entry) entry.phase = message.phase;
          return;
        }
        case 'refused': {
          const entry = table.get(message.function);
          if (!entry || entry.serving.length > 0) return;
          const code = isErrorCode(message.code) ? message.code : 'NO_CAPACITY';
          const details = message.retryAfterMs === undefined ? {} : { retryAfterMs: message.retryAfterMs };
          return capacity.refuse(entry, new PlatformError(code, message.message, { details }));
        }
        case 'gateways':
        case 'ping':
          return;
        default:
          message satisfies never;
      }
    },
    suspect(instance, reason) {
      const now = performance.now();
      if (now - instance.suspectedAt < SUSPECT_EVERY_MS) return;
      instance.suspectedAt = now;
      leader.send({ type: 'suspect', instance: instance.id, reason: reason.slice(0, 256) });
    },
    async close() {
      clearInterval(looking);
      for (const instance of instances.values()) instance.closeConnections();
    },
  };
}
