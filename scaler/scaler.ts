import type { ScalerConfig } from '../protocol/config.ts';
import { functionName } from '../protocol/names.ts';
import type { Log } from '../kit/log.ts';
import type { Metrics } from '../kit/metrics.ts';
import type { Store } from '../kit/store/store.ts';
import { createExposition } from './api/exposition.ts';
import type { ScalerPort } from './api/port.ts';
import { createApi } from './api/server.ts';
import { renderState, renderTargets } from './api/state.ts';
import { type Adoption, type AdoptionDeps, createAdoption } from './apply/adoption.ts';
import { describeMember } from './apply/announcement.ts';
import { createAssignments } from './apply/assignments.ts';
import { type Capacity, createCapacity } from './apply/capacity.ts';
import { tellConditions } from './apply/condition-events.ts';
import { createFunctionStatus, markPoolStatus } from './apply/function-status.ts';
import { createPackages, type Packages } from './apply/packages.ts';
import { createRevisions, type Revisions } from './apply/revisions.ts';
import { createStatusWriter, type StatusWriter } from './apply/status-writer.ts';
import { keepWarm } from './apply/warmth.ts';
import { createWatcherClient } from './apply/watcher-client.ts';
import type { RulesView } from './decide/verdict.ts';
import { createDemandBook, type DemandBook } from './observe/demand-book.ts';
import { createFunctionRegistry, type FunctionRegistry, type ManagedFunction } from './observe/functions.ts';
import { recallRevision } from './observe/recall-revision.ts';
import { resolveRevision, type RevisionWorld } from './observe/resolve-revision.ts';
import { createSecretDigest } from './observe/secrets.ts';
import { shareWatches } from './observe/shared-watches.ts';
import { type ResourceHandlers, type WatchedResources, watchResources } from './observe/watch-resources.ts';
import { type Rules, startRules } from './rules/rules.ts';
import { createSessions, type Sessions } from './streams/sessions.ts';
import { startTriggers, type Triggers } from './timers/triggers.ts';
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

export interface Scaler {
  /** Stops acting and closes the port; instances go on serving. */
  close(): Promise<void>;
}

/** Time alone changes decisions (idleness, back-offs, lost gateways): a look this often. */
const TICK_MS = 500;

/** The leader: watches Functions and pools, listens to gateways, and gives every function its instances. */
export async function createScaler(deps: ScalerDeps): Promise<Scaler> {
  const { config, log, now = Date.now } = deps;
  const { fleet, leadership, key, internalToken } = deps.world;
  const store = shareWatches(deps.world.store);
  const parts: Parts = {
    deps,
    now,
    functions: createFunctionRegistry(),
    book: createDemandBook(),
    packages: createPackages(deps.world.readPackage),
    writer: createStatusWriter({
      store,
      log,
      busy: () => capacity.members.loading,
      onWritten: tellConditions(deps.world.events, ({ kind, namespace, name }) => {
        if (kind === 'PodPool') return allocator.pool(namespace, name)?.metadata.uid;
        return kind === 'Function' ? functions.byName(functionName(namespace, name))?.uid : undefined;
      }),
    }),
  };
  const { functions, writer } = parts;
  const watchers = createWatcherClient({ key: key.privateKey, epoch: leadership.epoch });
  const revisions = await createRevisions({ store, log, served: new Set(fleet.list().flatMap(({ assignment }) => (assignment ? [assignment.content] : []))) });
  let rules: RulesView | undefined;
  const sessions = connectGateways(
    parts,
    () => capacity,
    () => adoption,
  );
  const capacity = createCapacity({
    fleet,
    watchers,
    packages: parts.packages,
    gateways: sessions,
    book: parts.book,
    demand: config.demand,
    log,
    now,
    rules: () => rules,
    onChanged: (fn) => onChanged(fn),
    onServing: createAssignments({ fleet, revisions, log }).record,
    connected: () => fleet.connected && store.connected,
  });
  const { allocator } = capacity;
  const markStatus = createFunctionStatus({ writer, allocator, url: (fn) => triggers?.url(fn) });
  const onChanged = (fn: ManagedFunction) => {
    markStatus(fn);
    functions.sweep(fn);
  };

  let triggers: Triggers | undefined;
  let resources: WatchedResources | undefined;
  const secrets = await deps.world.openSecrets({ onChange: () => resources?.resolveAll(), named: () => namedSecrets(functions) });
  const functionExists = (name: string) => functions.byName(name) !== undefined;
  const onUrlChanged = (name: string) => {
    const fn = functions.byName(name);
    if (fn) markStatus(fn);
  };
  triggers = await startTriggers({ ...config, internalToken, store, writer, log, now, functionExists, onUrlChanged });
  const world: RevisionWorld = { pool: allocator.pool, secrets, digestSecret: createSecretDigest(key.seed) };
  resources = await watchResources(store, handleResources(parts, capacity, revisions, triggers, world), log);
  revisions.retain(new Set([...functions.all()].map(({ uid }) => uid)));
  const adoption = createAdoption({ fleet, watchers, functions, members: capacity.members, revisionOf: recall(revisions, world), log });
  await adoption.all();
  capacity.open();
  for (const fn of functions.all()) capacity.reconcile(fn);

  let ruleLoop: Rules | undefined;
  const exposition = createExposition({
    functions,
    allocator,
    liveGateways: () => sessions.live().length,
    waiting: (fn) => parts.book.load(fn).waiting,
    watched: (fn) => ruleLoop?.followsCustom(fn) ?? false,
  });
  const onView = (view: RulesView) => {
    rules = view;
    for (const name of [...view.verdicts.keys(), ...view.frozen]) {
      const fn = functions.byName(name);
      if (fn) capacity.schedule(fn);
    }
  };
  ruleLoop = await followRules(deps, store, exposition, onView);
  deps.port.use(
    createApi({
      internalToken,
      acceptStream: sessions.accept,
      onAlert: () => ruleLoop?.nudge(),
      metrics: exposition.render,
      targets: () => renderTargets(functions),
      state: () => renderState({ epoch: leadership.epoch, functions, allocator, liveGateways: sessions.live, instances: () => fleet.list() }),
    }),
  );
  const unsubscribe = fleet.subscribe(() => {
    for (const pool of allocator.pools()) markPoolStatus(writer, allocator, pool);
  });
  const warmth = keepWarm({ fleet, watchers, log });
  const ticks = setInterval(() => {
    sessions.expire();
    for (const fn of functions.all()) if (fn.replicas > 0 || fn.members.size > 0 || fn.resource.spec.scaling.minReplicas > 0) capacity.reconcile(fn);
  }, TICK_MS);

  return {
    async close() {
      clearInterval(ticks);
      unsubscribe();
      warmth.close();
      capacity.close();
      await Promise.all([ruleLoop?.close(), triggers?.close(), resources?.close()]);
      sessions.close();
      await deps.port.close();
      await Promise.all([secrets.close(), revisions.close(), writer.close(), watchers.close()]);
    },
  };
}

/** Scaling by rules, where there is monitoring. */
async function followRules({ config, world, log }: ScalerDeps, store: Store, metrics: Metrics, onView: (view: RulesView) => void): Promise<Rules | undefined> {
  const { prometheusUrl, alertmanagerUrl } = config;
  if (prometheusUrl === '' || alertmanagerUrl === '' || !world.rules) return undefined;
  return startRules({ store, target: world.rules, metrics, prometheusUrl, alertmanagerUrl, onView, log });
}

/** What an instance of a former leader serves; others get it too while newer content does not load. */
function recall(revisions: Revisions, world: RevisionWorld): AdoptionDeps['revisionOf'] {
  return (fn, instance, content, generation) => {
    const { revision, complete } = recallRevision(fn, instance, { content, generation }, revisions.recorded(fn.uid, content), world);
    if (complete) fn.good ??= revision;
    return revision;
  };
}

function namedSecrets(functions: FunctionRegistry): { namespace: string; name: string }[] {
  return [...functions.all()].flatMap(({ deleted, resource: { metadata, spec } }) =>
    deleted ? [] : spec.secrets.map(({ name }) => ({ namespace: metadata.namespace, name })),
  );
}

interface Parts {
  readonly deps: ScalerDeps;
  readonly now: () => number;
  readonly functions: FunctionRegistry;
  readonly book: DemandBook;
  readonly packages: Packages;
  readonly writer: StatusWriter;
}

/** The streams to the gateways; `capacity` and `adoption` are asked for late, because each needs the other. */
function connectGateways({ deps, now, functions, book }: Parts, capacity: () => Capacity, adoption: () => Adoption): Sessions {
  return createSessions({
    epoch: deps.world.leadership.epoch,
    book,
    log: deps.log,
    now,
    snapshot: () =>
      [...functions.all()].flatMap((fn) => [...fn.members.values()].filter(({ state }) => state !== 'loading').map((member) => describeMember(fn, member))),
    onDemand(name) {
      const fn = functions.byName(name);
      if (fn) capacity().reconcile(fn, true);
    },
    onDrained: (gateway, instance) => capacity().members.drained(gateway, instance),
    onReplayed: (instances) => void adoption().replayed(instances),
    onSuspect: (instance) => void capacity().members.inspect(instance),
    onGatewaysChanged: () => capacity().members.recheckDrains(),
  });
}

function handleResources(
  { now, functions, book, packages, writer }: Parts,
  capacity: Capacity,
  revisions: Revisions,
  triggers: Triggers,
  world: RevisionWorld,
): ResourceHandlers {
  const { allocator } = capacity;
  return {
    functions,
    now,
    resolve: (resource) => resolveRevision(resource, revisions.newest(resource.metadata.uid ?? ''), world),
    onFunction(fn) {
      const { namespace, name } = fn.resource.metadata;
      writer.seen('Function', namespace, name, fn.resource.status);
      if (fn.latest) {
        revisions.note(fn, fn.latest);
        packages.warm(namespace, fn.latest.spec.package.digest);
      }
      capacity.reconcile(fn);
    },
    onFunctionAdded: () => triggers.changed(),
    onFunctionDeleted(fn) {
      const { namespace, name } = fn.resource.metadata;
      if (!functions.byName(fn.name)) {
        writer.forget('Function', namespace, name);
        book.forget(fn.name);
      }
      revisions.removeAll(fn);
      capacity.reconcile(fn);
      triggers.changed();
    },
    onPool(pool) {
      allocator.putPool(pool);
      writer.seen('PodPool', pool.metadata.namespace, pool.metadata.name, pool.status);
      markPoolStatus(writer, allocator, pool);
    },
    onPoolDeleted({ metadata: { namespace, name } }) {
      allocator.removePool(namespace, name);
      writer.forget('PodPool', namespace, name);
    },
  };
}
