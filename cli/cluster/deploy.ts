import type { Terminal } from '../terminal.ts';
import { awaitReady, type NotReady } from './await-ready.ts';
import { carryOut, checkPlan } from './carry-out.ts';
import type { Cluster } from './cluster.ts';
import { confirm } from './confirm.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { requireArtifactService, uploadPackages } from './large-packages.ts';
import type { App } from './load-app.ts';
import { planDeploy } from './plan.ts';
import { renderChanges, summarize } from './plan-text.ts';
import { survey } from './survey.ts';
import { findUrls, type FunctionUrl } from './urls.ts';

export interface DeployOptions {
  readonly yes: boolean;
  readonly forceConflicts: boolean;
  readonly wait: boolean;
  readonly timeoutMs: number;
}

export interface DeployReport {
  readonly context: string;
  readonly created: readonly string[];
  readonly changed: readonly string[];
  readonly deleted: readonly string[];
  readonly kept: readonly string[];
  readonly unchanged: number;
  /** Absent where nobody waited. */
  readonly ready?: boolean;
  readonly urls: readonly FunctionUrl[];
}

/** Makes the cluster hold what the app declares. @throws PlatformError */
export async function deployApp(cluster: Cluster, app: App, options: DeployOptions, terminal: Terminal): Promise<DeployReport> {
  const { yes, forceConflicts: force, wait, timeoutMs } = options;
  const plan = planDeploy(await survey(cluster, app.objects, app.scopes, force));
  checkPlan(plan);
  await requireArtifactService(cluster, app);
  const { changes, deletions, kept } = plan;
  const begun = performance.now();
  if (changes.length + deletions.length > 0) {
    terminal.note(renderChanges(plan, terminal));
    await confirm(`Make these changes in ${cluster.context}?`, yes);
    await carryOut(cluster, plan, app.scopes, {
      force,
      onApplied: ({ id }, action) => terminal.note(`${terminal.paint('green', '✓')} ${id} ${action === 'create' ? 'created' : 'changed'}`),
      onDeleted: (id) => terminal.note(`${terminal.paint('green', '✓')} ${id} deleted`),
      beforeFunctions: () => upload(cluster, app, timeoutMs, terminal),
    });
  } else {
    terminal.note(`nothing to do: ${summarize(plan)}`);
    // A volume may have been lost since.
    await upload(cluster, app, timeoutMs, terminal);
  }
  if (wait) {
    throwNotReady(await waitFor(cluster, app, timeoutMs, terminal), performance.now() - begun);
    terminal.note(`${terminal.paint('green', '✓')} all is ready`);
  }
  return {
    context: cluster.context,
    created: changes.filter(({ action }) => action === 'create').map(({ wanted }) => wanted.id),
    changed: changes.filter(({ action }) => action === 'update').map(({ wanted }) => wanted.id),
    deleted: deletions.map(({ id }) => id),
    kept: kept.map(({ id }) => id),
    unchanged: plan.unchanged,
    ...(wait && { ready: true }),
    urls: await findUrls(cluster, app.objects, app.systemNamespace),
  };
}

async function upload(cluster: Cluster, { largePackages, systemNamespace }: App, timeoutMs: number, terminal: Terminal): Promise<void> {
  const sent = await uploadPackages(cluster, systemNamespace, largePackages, timeoutMs);
  for (const digest of sent) terminal.note(`${terminal.paint('green', '✓')} package ${digest.slice(0, 19)} sent to the artifact service`);
}

function waitFor(cluster: Cluster, { objects }: App, timeoutMs: number, terminal: Terminal): Promise<NotReady[]> {
  return awaitReady(cluster, objects, {
    timeoutMs,
    onVerdict({ id }, verdict, ready, total) {
      const count = terminal.paint('dim', `(${ready} of ${total})`);
      if (verdict.kind === 'ready') terminal.note(`${terminal.paint('green', '✓')} ${id} ready ${count}`);
      else terminal.note(`${terminal.paint(verdict.kind === 'failing' ? 'red' : 'dim', '…')} ${id}: ${verdict.why} ${count}`);
    },
  });
}

function throwNotReady(left: readonly NotReady[], ms: number): void {
  if (left.length === 0) return;
  const lines = left.map(({ synth, why }) => `  ${synth.path} (${synth.id}): ${why}`);
  const details = { notReady: left.map(({ synth, why }) => ({ path: synth.path, id: synth.id, why })) };
  throw new PlatformError('NOT_READY', [`deployed, but after ${Math.round(ms / 1000)} s ${left.length} not ready:`, ...lines].join('\n'), { details });
}
