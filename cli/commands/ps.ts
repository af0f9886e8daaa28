import { connectAdmin, type FunctionView, type InstanceView } from '../admin-client.ts';
import { defineCommand } from '../command.ts';
import type { PoolView } from '../dev/pools.ts';
import { renderTable } from '../table.ts';
import { addTargetOptions, connectTarget, type TargetOptions } from '../target-options.ts';
import type { Terminal } from '../terminal.ts';

/** `fib ps`: functions, their instances, and pools. */
export const ps = defineCommand<TargetOptions>({
  declare: (program) => addTargetOptions(program.command('ps').description('List functions, their instances, and pools.')),
  async run(context) {
    const { terminal, options, cwd, env } = context;
    const cluster = await connectTarget(context, true);
    if (cluster) {
      const { readProcesses, renderProcesses } = await import('../cluster/ps.ts');
      const found = await readProcesses(cluster, options.namespace).finally(() => cluster.close());
      terminal.result(found, () => renderProcesses(found, terminal));
      return 0;
    }
    const client = await connectAdmin(options, cwd, env);
    const [functions, instances, pools] = await Promise.all([client.functions(), client.instances(), client.pools()]);
    terminal.result({ functions, instances, pools }, () => render(functions, instances, pools, terminal));
    return 0;
  },
});

function render(functions: readonly FunctionView[], instances: readonly InstanceView[], pools: readonly PoolView[], terminal: Terminal): string {
  const bold = (text: string) => terminal.paint('bold', text);
  const functionRows = functions.map((fn) => [
    `${fn.namespace}/${fn.name}`,
    fn.runtime,
    fn.deployment.type === 'hot' ? `hot (${fn.deployment.pool})` : 'cold',
    `${fn.readyInstances}/${fn.instances}`,
    `${fn.inFlight}+${fn.waiting}`,
    callsOf(fn),
    triggersOf(fn),
  ]);
  const parts = [renderTable([['FUNCTION', 'RUNTIME', 'DEPLOYMENT', 'READY', 'BUSY+WAITING', 'CALLS', 'TRIGGERS'].map(bold), ...functionRows])];
  if (instances.length > 0) {
    const rows = instances.map((one) => [one.id, one.function, one.state, String(one.inFlight), one.address, one.content.slice(0, 19)]);
    parts.push(renderTable([['INSTANCE', 'FUNCTION', 'STATE', 'BUSY', 'ADDRESS', 'CONTENT'].map(bold), ...rows]));
  }
  if (pools.length > 0) {
    const rows = pools.map(({ name, runtime, min, max, idle, starting, leased }) => [
      name,
      runtime,
      `${min}-${max}`,
      String(idle),
      String(starting),
      String(leased),
    ]);
    parts.push(renderTable([['POOL', 'RUNTIME', 'SIZE', 'WAITING', 'STARTING', 'LEASED'].map(bold), ...rows]));
  }
  const errors = functions.flatMap(({ namespace, name, status: { lastError } }) =>
    lastError ? [`${terminal.paint('red', `✗ ${namespace}/${name}`)} ${lastError.code}: ${lastError.message}`] : [],
  );
  return [...parts, ...(errors.length > 0 ? [errors.join('\n')] : [])].join('\n\n');
}

function callsOf({ invocations: { succeeded, clientErrors, failed, timedOut } }: FunctionView): string {
  const bad = clientErrors + failed + timedOut;
  return bad === 0 ? String(succeeded) : `${succeeded} ok, ${bad} not`;
}

function triggersOf({ routes, timers }: FunctionView): string {
  const http = routes.map(({ host = '', path, accepted }) => `${host}${path}${accepted ? '' : ' (refused: taken)'}`);
  return [...http, ...timers.map(({ schedule }) => `timer ${schedule}`)].join(', ');
}
