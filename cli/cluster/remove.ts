import { isPackageConfigMap } from '../../constructs/synth/object.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { idOf } from '../../constructs/synth/group-kind.ts';
import { PlatformError } from '../../protocol/errors.ts';
import type { Terminal } from '../terminal.ts';
import { deleteAll } from './carry-out.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterObject } from './cluster-object.ts';
import { mapConcurrent } from './concurrent.ts';
import { confirm } from './confirm.ts';
import type { App } from './load-app.ts';
import { removeInventory } from './inventory.ts';
import { findLeftovers } from './platform-leftovers.ts';
import { findPackagesInUse } from './packages-in-use.ts';
import { planDeletions } from './plan.ts';
import { keptLines } from './plan-text.ts';
import type { Scope } from './scope.ts';
import { findSharedHolders, planSharedHolders } from './shared-holders.ts';
import { findOwned } from './survey.ts';

export interface RemoveOptions {
  readonly yes: boolean;
  /** Also namespaces, CRDs and volume claims, with all that is in them. */
  readonly purge: boolean;
  readonly wait: boolean;
  readonly timeoutMs: number;
}

export interface RemoveReport {
  readonly context: string;
  readonly deleted: readonly string[];
  readonly kept: readonly string[];
}

const POLL_MS = 1000;

/** Deletes what bears the labels of the scopes, and nothing else but, purging, the namespaces and CRDs that the app brings. @throws PlatformError NOT_CONFIRMED, NOT_READY where something does not go */
export async function removeScopes(
  cluster: Cluster,
  { scopes, objects }: Pick<App, 'scopes' | 'objects'>,
  options: RemoveOptions,
  terminal: Terminal,
): Promise<RemoveReport> {
  const owned = (await mapConcurrent(scopes, 1, (scope) => findOwned(cluster, scope))).flat();
  const own = planDeletions(owned, await packagesOfOthers(cluster, owned), options.purge);
  const shared = planSharedHolders(await findSharedHolders(cluster, objects, owned), options.purge);
  const leftovers = (await findLeftovers(cluster, owned)).map((object) => ({ id: idOf(object), object }));
  const deletions = [...own.deletions, ...leftovers, ...shared.deletions];
  const kept = [...own.kept, ...shared.kept];
  const report = { context: cluster.context, deleted: deletions.map(({ id }) => id), kept: kept.map(({ id }) => id) };
  for (const { id } of deletions) terminal.note(`  ${terminal.paint('red', '-')} ${id}`);
  for (const line of [...keptLines(own.kept, '; --purge deletes it, too'), ...keptLines(shared.kept)]) terminal.note(`  ${terminal.paint('dim', line)}`);
  if (deletions.length === 0) {
    terminal.note('nothing to delete');
    if (own.kept.length === 0) await mapConcurrent(scopes, 1, (scope) => removeInventory(cluster, scope));
    return report;
  }
  await confirm(`Delete these ${deletions.length} objects from ${cluster.context}?`, options.yes);
  await deleteAll(cluster, deletions, (id) => terminal.note(`${terminal.paint('green', '✓')} ${id} deleted`));
  if (options.wait) await awaitGone(cluster, scopes, new Set(report.deleted), options.timeoutMs);
  if (own.kept.length === 0) await mapConcurrent(scopes, 1, (scope) => removeInventory(cluster, scope));
  return report;
}

async function packagesOfOthers(cluster: Cluster, owned: readonly ClusterObject[]): Promise<Set<string>> {
  const namespaces = new Set(owned.filter(isPackageConfigMap).map(({ metadata }) => metadata.namespace ?? ''));
  const going = new Set(owned.map(idOf));
  return namespaces.size === 0 ? new Set() : findPackagesInUse(cluster, [...namespaces], (namespace, name) => going.has(`Function/${namespace}/${name}`));
}

async function awaitGone(cluster: Cluster, scopes: readonly Scope[], ids: ReadonlySet<string>, timeoutMs: number): Promise<void> {
  const begun = performance.now();
  cluster.discovery.forget();
  for (;;) {
    const left = (await mapConcurrent(scopes, 1, (scope) => findOwned(cluster, scope))).flat().filter((object) => ids.has(idOf(object)));
    if (left.length === 0) return;
    if (performance.now() - begun > timeoutMs) {
      const names = left.map(idOf).join(', ');
      throw new PlatformError(
        'NOT_READY',
        `${left.length} objects are still ending after ${Math.round(timeoutMs / 1000)} s: ${names}; see their finalizers with kubectl`,
        {
          details: { left: left.map(idOf) },
        },
      );
    }
    await sleep(POLL_MS);
  }
}
