import { CHANGES } from '../diff/exit-code.ts';
import { renderMarkdown } from '../diff/markdown.ts';
import { renderParts, summarizeEffects } from '../diff/part.ts';
import type { Terminal } from '../terminal.ts';
import { checkPlan } from './carry-out.ts';
import type { Cluster } from './cluster.ts';
import type { App } from './load-app.ts';
import { planDeploy } from './plan.ts';
import { diffParts, keptLines, summarize } from './plan-text.ts';
import { isReplacement } from './replacement.ts';
import { survey } from './survey.ts';

/** Shows what a deployment would change; resolves to the exit code. @throws PlatformError CLUSTER_REFUSED where the API server would refuse it for another reason than that it cannot be changed */
export async function diffApp(cluster: Cluster, { objects, scopes }: App, terminal: Terminal, markdown: boolean): Promise<number> {
  const plan = planDeploy(await survey(cluster, objects, scopes, false));
  checkPlan({ ...plan, conflicts: [], refusals: plan.refusals.filter((refusal) => !isReplacement(refusal)) });
  const parts = diffParts(plan);
  const conflicts = plan.conflicts.flatMap(({ wanted, conflicts: fields }) => fields.map((field) => ({ id: wanted.id, path: wanted.path, ...field })));
  const kept = plan.kept.map(({ id, reason }) => ({ id, reason }));
  const conflictLines = conflicts.map(({ id, field, manager }) => `${id}: ${field} is owned by the field manager "${manager}"; deploy needs --force-conflicts`);
  terminal.result({ context: cluster.context, changes: parts, kept, conflicts, unchanged: plan.unchanged }, () => {
    if (markdown) {
      const table = renderMarkdown(parts, { title: `What changes in the cluster of \`${cluster.context}\`` });
      return [table, ...(conflicts.length > 0 ? ['', ...conflictLines.map((line) => `- ⚠️ ${line}`)] : [])].join('\n');
    }
    return [
      ...(parts.length > 0 ? [renderParts(parts, terminal)] : []),
      ...keptLines(plan.kept).map((line) => terminal.paint('dim', line)),
      ...conflictLines.map((line) => terminal.paint('yellow', `! ${line}`)),
      summarize(plan),
      ...(parts.length > 0 ? [summarizeEffects(parts)] : []),
    ].join('\n');
  });
  return parts.length > 0 ? CHANGES : 0;
}
