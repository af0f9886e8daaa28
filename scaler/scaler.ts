import type { Metrics } from '../kit/metrics.ts';
import { keepHeapSettled } from '../kit/settle-heap.ts';
import { createExposition } from './api/exposition.ts';
import { createApi } from './api/server.ts';
import { renderState, renderTargets } from './api/state.ts';
import { createAdoption } from './apply/adoption.ts';
import { markPoolStatus } from './apply/function-status.ts';
import { keepWarm } from './apply/warmth.ts';
import type { RulesView } from './decide/verdict.ts';
import type { FunctionRegistry } from './observe/functions.ts';
import { recallRevision } from './observe/recall-revision.ts';
import { resolveRevision, type RevisionWorld } from './observe/resolve-revision.ts';
import { createRevisionSharing } from './observe/revision-sharing.ts';
import { createSecretDigest, type Secrets } from './observe/secrets.ts';
import { type ResourceHandlers, watchResources } from './observe/watch-resources.ts';
import { createParts, type Parts, type ScalerDeps } from './parts.ts';
import { type Rules, startRules } from './rules/rules.ts';
import { startTriggers, type Triggers } from './timers/triggers.ts';

export interface Scaler {
  /** Stops acting and closes the port; instances go on serving. */
  close(): Promise<void>;
}

/** Time alone changes decisions (idleness, back-offs, lost gateways): a look this often. */
const TICK_MS = 500;

/** The leader: watches Functions and pools, takes over what a former leader left, listens to gateways, and gives every function its instances. */
export async function createScaler(deps: ScalerDeps): Promise<Scaler> {
  const parts = await createParts(deps);
  const { late, capacity, sessions } = parts;
  const secrets = await observe(parts);
  await late.adoption?.all();
  capacity.open();
  for (const fn of parts.functions.all()) capacity.reconcile(fn);
  await answer(parts, deps.port);
  const looking = keepLooking(parts);
  const heap = keepHeapSettled(() => !capacity.members.loading);

  return {
    async close() {
      looking.close();
      heap.close();
      parts.packageChecks.close();
      capacity.close();
      await Promise.all([late.ruleLoop?.close(), late.triggers?.close(), late.resources?.close()]);
      sessions.close();
      await deps.port.close();
      await Promise.all([secrets.close(), parts.revisions.close(), parts.writer.close(), parts.watchers.close()]);
    },
  };
}

/** Follows Secrets, triggers, functions and pools. Resolves once all that is there is known. */
async function observe(parts: Parts): Promise<Secrets> {
  const { config, log, now, world, store, functions, capacity, revisions, writer, late } = parts;
  const secrets = await world.openSecrets({ onChange: () => late.resources?.resolveAll(), named: () => namedSecrets(functions) });
  const triggers = await startTriggers({
    ...config,
    internalToken: world.internalToken,
    store,
    writer,
    log,
    now,
    functionExists: (name) => functions.byName(name) !== undefined,
    onUrlChanged(name) {
      const fn = functions.byName(name);
      if (fn) parts.markStatus(fn);
    },
  });
  const seen: RevisionWorld = { pool: capacity.allocator.pool, secrets, digestSecret: createSecretDigest(world.key.seed) };
  late.triggers = triggers;
  late.resources = await watchResources(store, handleResources(parts, triggers, seen), log);
  revisions.retain(new Set([...functions.all()].map(({ uid }) => uid)));
  late.adoption = createAdoption({
    ...parts,
    fleet: world.fleet,
    members: capacity.members,
    revisionOf(fn, instance, content, generation) {
      const { revision, complete } = recallRevision(fn, instance, { content, generation }, revisions, seen);
      // Others get it too while newer content does not load.
      if (complete) fn.good ??= revision;
      return revision;
    },
  });
  return secrets;
}

/** Begins to scale by rules, and to answer gateways, Prometheus and the CLI. */
async function answer(parts: Parts, port: ScalerDeps['port']): Promise<void> {
  const { world, functions, capacity, sessions, book, late } = parts;
  const { allocator } = capacity;
  const exposition = createExposition({
    functions,
    allocator,
    liveGateways: () => sessions.live().length,
    waiting: (fn) => book.load(fn).waiting,
    watched: (fn) => late.ruleLoop?.followsCustom(fn) ?? false,
  });
  late.ruleLoop = await followRules(parts, exposition);
  port.use(
    createApi({
      internalToken: world.internalToken,
      acceptStream: sessions.accept,
      onAlert: () => late.ruleLoop?.nudge(),
      metrics: exposition.render,
      targets: () => renderTargets(functions),
      state: () => renderState({ epoch: world.leadership.epoch, functions, allocator, liveGateways: sessions.live, instances: () => world.fleet.list() }),
    }),
  );
}

/** Scaling by rules, where there is monitoring. */
async function followRules({ config, world, log, store, functions, capacity, late }: Parts, metrics: Metrics): Promise<Rules | undefined> {
  const { prometheusUrl, alertmanagerUrl } = config;
  if (prometheusUrl === '' || alertmanagerUrl === '' || !world.rules) return undefined;
  const onView = (view: RulesView) => {
    late.rules = view;
    for (const name of [...view.verdicts.keys(), ...view.frozen]) {
      const fn = functions.byName(name);
      if (fn) capacity.schedule(fn);
    }
  };
  return startRules({ store, target: world.rules, metrics, prometheusUrl, alertmanagerUrl, onView, log });
}

/** What happens by itself: waiting instances are looked at, pools tell how full they are, time passes. */
function keepLooking({ world: { fleet }, watchers, log, capacity, writer, sessions, functions }: Parts): { close(): void } {
  const { allocator } = capacity;
  const unsubscribe = fleet.subscribe(() => {
    for (const pool of allocator.pools()) markPoolStatus(writer, allocator, pool);
  });
  const warmth = keepWarm({ fleet, watchers, log });
  const ticks = setInterval(() => {
    sessions.expire();
    for (const fn of functions.all()) if (fn.replicas > 0 || fn.members.size > 0 || fn.resource.spec.scaling.minReplicas > 0) capacity.reconcile(fn);
  }, TICK_MS);
  return {
    close() {
      clearInterval(ticks);
      unsubscribe();
      warmth.close();
    },
  };
}

function handleResources(
  { now, functions, book, packageChecks, writer, capacity, revisions }: Parts,
  triggers: Triggers,
  seen: RevisionWorld,
): ResourceHandlers {
  const { allocator } = capacity;
  const shareRevision = createRevisionSharing();
  return {
    functions,
    now,
    resolve(resource) {
      const newest = revisions.newest(resource.metadata.uid ?? '');
      return shareRevision(resolveRevision(resource, newest, seen), newest);
    },
    onFunction(fn) {
      const { namespace, name } = fn.resource.metadata;
      writer.seen('Function', namespace, name, fn.resource.status);
      if (fn.latest) {
        revisions.note(fn, fn.latest);
        packageChecks.check(fn);
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

function namedSecrets(functions: FunctionRegistry): { namespace: string; name: string }[] {
  return [...functions.all()].flatMap(({ deleted, resource: { metadata, spec } }) =>
    deleted ? [] : spec.secrets.map(({ name }) => ({ namespace: metadata.namespace, name })),
  );
}
