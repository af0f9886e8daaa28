import { renderTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import type { Cluster } from './cluster.ts';
import { type FunctionHealth, judgeFunction } from './function-health.ts';
import { readPicture } from './picture.ts';
import { type PlatformState, readPlatform } from './platform-state.ts';
import { PlatformError } from '../../protocol/errors.ts';

export interface ClusterStatus {
  readonly context: string;
  /** Whether platform and functions are all ready. */
  readonly ok: boolean;
  /** Absent where one may not look at its namespace; `platformProblem` says so. */
  readonly platform?: PlatformState;
  readonly platformProblem?: string;
  readonly functions: readonly FunctionHealth[];
}

/** How the platform and the functions stand, and why something is not ready. @throws PlatformError PLATFORM_MISSING, CLUSTER_FORBIDDEN */
export async function readStatus(cluster: Cluster, namespace: string | undefined): Promise<ClusterStatus> {
  const [platform, { functions, triggers, pods }] = await Promise.all([platformOrProblem(cluster, namespace), readPicture(cluster, namespace)]);
  const health = functions.map((fn) =>
    judgeFunction(
      fn,
      triggers,
      pods.filter((pod) => pod.namespace === fn.metadata.namespace),
    ),
  );
  const platformOk = platform.platform?.parts.every(({ verdict }) => verdict.kind === 'ready') === true && platform.platform.leader !== undefined;
  return { context: cluster.context, ok: platformOk && health.every(({ state }) => state === 'ready'), ...platform, functions: health };
}

async function platformOrProblem(cluster: Cluster, functions: string | undefined): Promise<Pick<ClusterStatus, 'platform' | 'platformProblem'>> {
  try {
    return { platform: await readPlatform(cluster, functions) };
  } catch (error) {
    if (error instanceof PlatformError && (error.code === 'CLUSTER_FORBIDDEN' || error.code === 'PLATFORM_MISSING')) return { platformProblem: error.message };
    throw error;
  }
}

export function renderStatus({ platform, platformProblem, functions }: ClusterStatus, terminal: Terminal): string {
  const bold = (text: string) => terminal.paint('bold', text);
  const parts: string[] = [];
  if (platform) {
    const rows = platform.parts.map(({ name, ready, replicas, image, verdict }) => [
      mark(verdict.kind, terminal),
      name,
      `${ready}/${replicas}`,
      image,
      'why' in verdict ? verdict.why : '',
    ]);
    parts.push(`${bold('PLATFORM')} in ${platform.namespace}\n${renderTable(rows, '  ')}`);
    if (platform.leader === undefined) parts.push(`  ${mark('failing', terminal)} no scaler leads: no instance comes or goes`);
    else parts.push(`  leader ${platform.leader}`);
  } else parts.push(`${bold('PLATFORM')}\n  ${mark('failing', terminal)} ${platformProblem}`);
  const rows = functions.map(({ name, state, ready, replicas, revision }) => [mark(state, terminal), name, `${ready}/${replicas}`, revision]);
  parts.push(`\n${bold('FUNCTIONS')}\n${functions.length > 0 ? renderTable(rows, '  ') : '  none'}`);
  for (const { name, problems, lastError } of functions) {
    // What is wrong now need not be told as what was wrong last, too.
    const isNews = lastError !== undefined && !problems.some((problem) => problem.includes(lastError.message));
    const lines = [...problems, ...(isNews ? [`last error ${lastError.code} at ${lastError.time}: ${lastError.message}`] : [])];
    if (lines.length > 0) parts.push(`\n${terminal.paint('red', name)}\n${lines.map((line) => `  ${line}`).join('\n')}`);
  }
  return parts.join('\n');
}

function mark(state: FunctionHealth['state'], terminal: Terminal): string {
  if (state === 'ready') return terminal.paint('green', '✓');
  return state === 'waiting' ? terminal.paint('yellow', '…') : terminal.paint('red', '✗');
}
