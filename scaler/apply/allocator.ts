import { PlatformError } from '../../protocol/errors.ts';
import { functionName } from '../../protocol/names.ts';
import type { PodPoolResource } from '../../protocol/schema/resources.ts';
import type { Fleet, Instance, InstanceTemplate } from '../../kit/fleet/fleet.ts';
import { canServe, decidePool } from '../decide/pool.ts';
import type { ManagedFunction, ResolvedRevision } from '../observe/functions.ts';
import { poolTemplate } from '../../kit/fleet/template.ts';
import { createWhenCalm, type WhenCalm } from './when-calm.ts';

export interface PoolCounts {
  readonly idle: number;
  readonly starting: number;
  readonly leased: number;
}

/** Hands out instances: idle ones at once and in memory, others as they come, function by function in turn. */
export interface Allocator {
  putPool(pool: PodPoolResource): void;
  removePool(namespace: string, name: string): void;
  pool(namespace: string, name: string): PodPoolResource | undefined;
  pools(): Iterable<PodPoolResource>;
  counts(pool: PodPoolResource): PoolCounts;
  /** Why instances of the pool do not start. */
  failing(pool: PodPoolResource): string | undefined;
  /** Leases up to `count` idle instances of the revision's template; for the rest the function waits in line until it asks again. */
  request(fn: ManagedFunction, revision: ResolvedRevision, count: number): Instance[];
  /** The function waits for nothing. */
  withdraw(fn: ManagedFunction): void;
  /** Why nothing can come for this revision as things stand. */
  obstacle(revision: ResolvedRevision): PlatformError | undefined;
  /** Begins to keep instances at the fleet. */
  open(): void;
  close(): void;
}

interface Line {
  readonly template: InstanceTemplate;
  readonly pool: string;
  readonly waiting: Map<string, { readonly fn: ManagedFunction; count: number }>;
  failing?: string | undefined;
  readonly refill: WhenCalm;
}

/** Starting an instance takes the processor that a cold request needs just then: a pool refills a moment after a lease, and not while instances load. */
const REFILL = { delayMs: 30, latestMs: 1000 };

export interface AllocatorDeps {
  readonly fleet: Fleet;
  /** An instance of a template that the function waits for is there, or cannot come up: it is to ask again. */
  onAvailable(fn: ManagedFunction): void;
  /** Whether instances load their functions right now. */
  loading(): boolean;
}

export function createAllocator({ fleet, onAvailable, loading }: AllocatorDeps): Allocator {
  const pools = new Map<string, PodPoolResource>();
  const lines = new Map<string, Line>();
  let acts = false;

  const lineOf = (template: InstanceTemplate, pool: string): Line => {
    const known = lines.get(template.key);
    if (known) return known;
    const refill = createWhenCalm({ busy: loading, ...REFILL, act: () => level(line) });
    const line: Line = { template, pool, waiting: new Map(), refill };
    lines.set(template.key, line);
    return line;
  };
  const level = (line: Line) => {
    if (!acts) return;
    line.refill.cancel();
    const wanted = sum([...line.waiting.values()].map(({ count }) => count));
    fleet.keep(line.template, unleasedOf(line, wanted));
    if (wanted === 0 && !isPoolLine(line)) lines.delete(line.template.key);
  };
  const isPoolLine = ({ pool, template }: Line) => {
    const resource = pools.get(pool);
    return resource !== undefined && poolTemplate(resource).key === template.key;
  };
  const unleasedOf = (line: Line, wanted: number) => {
    if (line.pool === '') return wanted;
    const resource = pools.get(line.pool);
    if (!resource || !isPoolLine(line)) return 0;
    return decidePool({ min: resource.spec.min, max: resource.spec.max, leased: counts(resource).leased, wanted });
  };
  const counts = (pool: PodPoolResource): PoolCounts => {
    const prefix = `${poolTemplate(pool).key.split('#')[0]}#`;
    const mine = fleet.list().filter(({ template }) => template.key.startsWith(prefix));
    const count = (...states: Instance['state'][]) => mine.filter(({ state }) => states.includes(state)).length;
    return { idle: count('idle'), starting: count('starting'), leased: count('leased', 'stopping') };
  };

  const unsubscribe = fleet.subscribe((event) => {
    const line = lines.get(event.type === 'failing' ? event.template.key : event.instance.template.key);
    if (!line) return;
    if (event.type === 'gone') return level(line);
    line.failing = event.type === 'failing' ? event.reason : undefined;
    if (event.type === 'failing') return [...line.waiting.values()].forEach(({ fn }) => onAvailable(fn));
    const [first] = line.waiting;
    if (!first) return;
    line.waiting.delete(first[0]);
    line.waiting.set(...first);
    onAvailable(first[1].fn);
  });

  return {
    pool: (namespace, name) => pools.get(functionName(namespace, name)),
    pools: () => pools.values(),
    counts,
    failing: (pool) => lines.get(poolTemplate(pool).key)?.failing,
    putPool(pool) {
      const name = functionName(pool.metadata.namespace, pool.metadata.name);
      pools.set(name, pool);
      lineOf(poolTemplate(pool), name);
      for (const line of lines.values()) if (line.pool === name) level(line);
    },
    removePool(namespace, name) {
      pools.delete(functionName(namespace, name));
      for (const line of lines.values()) if (line.pool === functionName(namespace, name)) level(line);
    },
    request(fn, { instanceTemplate, pool }, count) {
      const line = lineOf(instanceTemplate, pool);
      const taken: Instance[] = [];
      for (let left = count; left > 0; left--) {
        const instance = fleet.lease(instanceTemplate.key);
        if (!instance) break;
        taken.push(instance);
      }
      for (const other of lines.values()) if (other !== line && other.waiting.delete(fn.uid)) level(other);
      const missing = count - taken.length;
      const place = line.waiting.get(fn.uid);
      if (missing === 0) line.waiting.delete(fn.uid);
      else if (place) place.count = missing;
      else line.waiting.set(fn.uid, { fn, count: missing });
      if (missing > 0 || line.pool === '') level(line);
      else line.refill.ask();
      return taken;
    },
    withdraw(fn) {
      for (const line of lines.values()) if (line.waiting.delete(fn.uid)) level(line);
    },
    obstacle({ instanceTemplate, pool, spec }) {
      const unavailable = fleet.unavailable(spec.runtime);
      if (unavailable !== undefined) return new PlatformError('RUNTIME_UNAVAILABLE', unavailable);
      const failing = lines.get(instanceTemplate.key)?.failing;
      if (failing !== undefined) return new PlatformError('NO_CAPACITY', `instances for it do not start: ${failing}`);
      const resource = pools.get(pool);
      if (pool === '' || !resource) return undefined;
      const { leased } = counts(resource);
      if (canServe({ max: resource.spec.max, leased })) return undefined;
      return new PlatformError(
        'NO_CAPACITY',
        `all ${leased} instances of pod pool ${pool} are taken (max ${resource.spec.max}): raise its max, or wait until another function scales in`,
      );
    },
    open() {
      acts = true;
      for (const line of lines.values()) level(line);
    },
    close() {
      acts = false;
      unsubscribe();
      for (const { refill } of lines.values()) refill.cancel();
    },
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
