import type { ScalerConfig } from '../protocol/config.ts';
import type { Fleet } from '../kit/fleet/fleet.ts';
import type { Log } from '../kit/log.ts';
import type { Served } from '../kit/serve.ts';
import type { Store } from '../kit/store/store.ts';
import { createApi } from './api/server.ts';
import { createExposition } from './api/exposition.ts';
import { renderState, renderTargets } from './api/state.ts';
import { createCapacity } from './apply/capacity.ts';
import { createFunctionStatus, markPoolStatus } from './apply/function-status.ts';
import { createPackages } from './apply/packages.ts';
import { createRevisions } from './apply/revisions.ts';
import { createStatusWriter } from './apply/status-writer.ts';
import { createWatcherClient } from './apply/watcher-client.ts';
import type { RulesView } from './decide/verdict.ts';
import type { Leadership } from './leader/leader.ts';
import type { SigningKey } from './leader/signing-key.ts';
import { createDemandBook } from './observe/demand-book.ts';
import { createFunctionRegistry, type ManagedFunction } from './observe/functions.ts';
import { resolveRevision } from './observe/resolve-revision.ts';
import { createFileSecrets, createSecretDigest } from './observe/secrets.ts';
import { type WatchedResources, watchResources } from './observe/watch-resources.ts';
import { createSessions } from './streams/sessions.ts';

export interface ScalerDeps {
  readonly config: ScalerConfig;
  readonly log: Log;
  readonly store: Store;
  readonly fleet: Fleet;
  readonly leadership: Leadership;
  readonly key: SigningKey;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

export interface Scaler {
  readonly url: string;
  readonly port: number;
  /** The rules loop's newest view. */
  setRules(view: RulesView): void;
  close(): Promise<void>;
}

/** Time alone changes decisions (idleness, back-offs, lost gateways): a look this often. */
const TICK_MS = 500;

/** The leader: watches Functions and pools, listens to gateways, and gives every function its instances. */
export async function createScaler(deps: ScalerDeps): Promise<Scaler> {
  const { config, log, store, fleet, leadership, key, now = Date.now } = deps;
  const { epoch } = leadership;
  let rules: RulesView | undefined;
  let onAlert: () => void = () => undefined;

  const functions = createFunctionRegistry();
  const book = createDemandBook();
  const packages = createPackages(config.packageDir);
  const watchers = createWatcherClient({ key: key.privateKey, epoch });
  const writer = createStatusWriter({ store, log });
  const revisions = await createRevisions({ store, log });
  const sessions = createSessions({
    epoch,
    book,
    log,
    now,
    snapshot: () => [...functions.all()].flatMap((fn) => [...fn.members.values()].filter(({ state }) => state !== 'loading').map((member) => capacity.members.describe(fn, member))),
    onDemand(name) {
      const fn = functions.byName(name);
      if (fn) capacity.reconcile(fn, true);
    },
    onDrained: (gateway, instance) => capacity.members.drained(gateway, instance),
    onSuspect: (instance) => void capacity.members.inspect(instance),
    onGatewaysChanged: () => capacity.members.recheckDrains(),
  });
  const onChanged = (fn: ManagedFunction) => {
    markStatus(fn);
    functions.sweep(fn);
  };
  const capacity = createCapacity({ fleet, watchers, packages, gateways: sessions, book, demand: config.demand, log, now, rules: () => rules, onChanged });
  const { allocator } = capacity;
  const markStatus = createFunctionStatus({ writer, allocator });
  let resources: WatchedResources | undefined;
  const secrets = await createFileSecrets(config.secretsFile, () => resources?.resolveAll());
  const world = { pool: allocator.pool, secrets, digestSecret: createSecretDigest(key.seed) };
  resources = await watchResources(store, {
    functions,
    now,
    resolve: (resource) => resolveRevision(resource, revisions.newest(resource.metadata.uid ?? ''), world),
    onFunction(fn) {
      const { namespace, name } = fn.resource.metadata;
      writer.seen('Function', namespace, name, fn.resource.status);
      if (fn.latest) {
        revisions.note(fn, fn.latest);
        // A cold start must not wait for the disk; what is wrong with the package shows when it is needed.
        void packages.get(fn.latest.spec.package.digest).catch(() => undefined);
      }
      capacity.reconcile(fn);
    },
    onFunctionDeleted(fn) {
      const { namespace, name } = fn.resource.metadata;
      if (!functions.byName(fn.name)) writer.forget('Function', namespace, name);
      book.forget(fn.name);
      revisions.removeAll(fn);
      capacity.reconcile(fn);
    },
    onPool(pool) {
      allocator.putPool(pool);
      markPoolStatus(writer, allocator, pool);
    },
    onPoolDeleted({ metadata }) {
      allocator.removePool(metadata.namespace, metadata.name);
      writer.forget('PodPool', metadata.namespace, metadata.name);
    },
  }, log);
  const exposition = createExposition({ functions, allocator, liveGateways: () => sessions.live().length });
  const api: Served = await createApi({
    host: config.host,
    port: config.port,
    internalToken: config.internalToken,
    acceptStream: sessions.accept,
    onAlert: () => onAlert(),
    ready: () => true,
    metrics: exposition.render,
    targets: () => renderTargets(functions),
    state: () => renderState({ epoch, functions, allocator, liveGateways: sessions.live, instances: () => fleet.list() }),
  });
  const unsubscribe = fleet.subscribe(() => {
    for (const pool of allocator.pools()) markPoolStatus(writer, allocator, pool);
  });
  const ticks = setInterval(() => {
    sessions.expire();
    for (const fn of functions.all()) if (fn.replicas > 0 || fn.members.size > 0 || fn.resource.spec.scaling.minReplicas > 0) capacity.reconcile(fn);
  }, TICK_MS);

  return {
    url: api.url,
    port: api.port,
    setRules(view) {
      rules = view;
      for (const name of [...view.verdicts.keys(), ...view.frozen]) {
        const fn = functions.byName(name);
        if (fn) capacity.schedule(fn);
      }
    },
    async close() {
      clearInterval(ticks);
      unsubscribe();
      capacity.close();
      await resources?.close();
      sessions.close();
      await api.close();
      await Promise.all([secrets.close(), revisions.close(), writer.close(), watchers.close()]);
    },
  };
}
