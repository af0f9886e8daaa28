import type { ScalerConfig } from '../protocol/config.ts';
import { functionName } from '../protocol/names.ts';
import { holdsConnection } from '../kit/holds-connection.ts';
import type { Log } from '../kit/log.ts';
import type { Store } from '../kit/store/store.ts';
import type { ScalerPort } from './api/port.ts';
import type { Adoption } from './apply/adoption.ts';
import { describeMember } from './apply/announcement.ts';
import { createAssignments } from './apply/assignments.ts';
import { type Capacity, createCapacity } from './apply/capacity.ts';
import { tellConditions } from './apply/condition-events.ts';
import { createFunctionStatus } from './apply/function-status.ts';
import { createPackageChecks, type PackageChecks } from './apply/package-checks.ts';
import { createPackages } from './apply/packages.ts';
import { createRevisions, type Revisions } from './apply/revisions.ts';
import { createStatusWriter, type StatusWriter } from './apply/status-writer.ts';
import { createWatcherClient, type WatcherClient } from './apply/watcher-client.ts';
import type { RulesView } from './decide/verdict.ts';
import { createDemandBook, type DemandBook } from './observe/demand-book.ts';
import { createFunctionRegistry, type FunctionRegistry, type ManagedFunction } from './observe/functions.ts';
import type { WatchedResources } from './observe/watch-resources.ts';
import type { Rules } from './rules/rules.ts';
import { createSessions, type Sessions } from './streams/sessions.ts';
import type { Triggers } from './timers/triggers.ts';
import type { World } from './worlds/world.ts';

export interface ScalerDeps {
  readonly config: ScalerConfig;
  readonly log: Log;
  readonly world: World;
  /** Open already; it answers as the leader's from when this one can. */
  readonly port: Pick<ScalerPort, 'use' | 'close'>;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** What a leader is made of. Nothing of it acts before `capacity.open()`. */
export interface Parts extends Omit<Required<ScalerDeps>, 'port'> {
  /** The world's. */
  readonly store: Store;
  readonly functions: FunctionRegistry;
  readonly book: DemandBook;
  readonly packageChecks: PackageChecks;
  readonly writer: StatusWriter;
  readonly watchers: WatcherClient;
  readonly revisions: Revisions;
  readonly sessions: Sessions;
  readonly capacity: Capacity;
  markStatus(fn: ManagedFunction): void;
  readonly late: LateParts;
}

/** What comes later and is asked for by what was there before. */
export interface LateParts {
  resources?: WatchedResources;
  triggers?: Triggers;
  adoption?: Adoption;
  ruleLoop?: Rules | undefined;
  /** What the rules say now; absent while nothing is known. */
  rules?: RulesView;
}

/** As long as a watcher has to say what it does. */
const LISTENS_MS = 2000;

type Knowing = Pick<Parts, 'config' | 'log' | 'world' | 'now' | 'store' | 'functions' | 'book' | 'late'>;

export async function createParts({ config, log, world, now = Date.now }: ScalerDeps): Promise<Parts> {
  const knowing: Knowing = {
    config,
    log,
    world,
    now,
    store: world.store,
    functions: createFunctionRegistry(),
    book: createDemandBook(),
    late: {},
  };
  const { fleet, key, leadership } = world;
  const served = new Set(fleet.list().flatMap(({ assignment }) => (assignment ? [assignment.content] : [])));
  const acting = {
    packages: createPackages(world.readPackage),
    watchers: createWatcherClient({ key: key.privateKey, epoch: leadership.epoch }),
    revisions: await createRevisions({ store: knowing.store, log, served }),
  };
  const writer = createWriter(knowing, () => capacity);
  const sessions = connectGateways(knowing, () => capacity);
  const onChanged = (fn: ManagedFunction) => {
    markStatus(fn);
    knowing.functions.sweep(fn);
  };
  const capacity = createCapacity({
    ...knowing,
    ...acting,
    fleet,
    gateways: sessions,
    demand: config.demand,
    listens: (address) => holdsConnection(address, LISTENS_MS),
    rules: () => knowing.late.rules,
    onChanged,
    onServing: createAssignments({ ...acting, fleet, log, loading: () => capacity.members.loading }).record,
    connected: () => fleet.connected && knowing.store.connected,
  });
  const markStatus = createFunctionStatus({ writer, allocator: capacity.allocator, url: (fn) => knowing.late.triggers?.url(fn) });
  const packageChecks = createPackageChecks({
    packages: acting.packages,
    now,
    onChange(fn) {
      if (fn.package?.state === 'verified') forgiveMissing(fn);
      capacity.reconcile(fn);
      markStatus(fn);
    },
  });
  return { ...knowing, ...acting, packageChecks, writer, sessions, capacity, markStatus };
}

/** Its package came after the first call. */
function forgiveMissing(fn: ManagedFunction): void {
  if (fn.lastError?.code !== 'PACKAGE_INVALID') return;
  fn.failedContent = undefined;
  fn.blocked = undefined;
  fn.failures = 0;
}

function createWriter({ store, log, world, functions }: Knowing, capacity: () => Capacity): StatusWriter {
  return createStatusWriter({
    store,
    log,
    busy: () => capacity().members.loading,
    onWritten: tellConditions(world.events, ({ kind, namespace, name }) => {
      if (kind === 'PodPool') return capacity().allocator.pool(namespace, name)?.metadata.uid;
      return kind === 'Function' ? functions.byName(functionName(namespace, name))?.uid : undefined;
    }),
  });
}

/** The streams to the gateways; `capacity` is asked for late, because each needs the other. */
function connectGateways({ world, log, now, functions, book, late }: Knowing, capacity: () => Capacity): Sessions {
  return createSessions({
    epoch: world.leadership.epoch,
    book,
    log,
    now,
    snapshot: () =>
      [...functions.all()].flatMap((fn) => [...fn.members.values()].filter(({ state }) => state !== 'loading').map((member) => describeMember(fn, member))),
    onDemand(name) {
      const fn = functions.byName(name);
      if (fn) capacity().reconcile(fn, true);
    },
    onDrained: (gateway, instance) => capacity().members.drained(gateway, instance),
    onReplayed: (instances) => void late.adoption?.replayed(instances),
    onSuspect: (instance) => void capacity().members.inspect(instance),
    onGatewaysChanged: () => capacity().members.recheckDrains(),
  });
}
