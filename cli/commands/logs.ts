import { type AdminClient, connectAdmin, errorOf } from '../admin-client.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { renderLogLine } from '../log-line.ts';
import { addTargetOptions, connectTarget, type TargetOptions } from '../target-options.ts';
import type { Terminal } from '../terminal.ts';
import { ADMIN_PATHS } from '../../protocol/names.ts';
import { PlatformError } from '../../protocol/errors.ts';

interface Options extends TargetOptions {
  readonly follow?: boolean;
  readonly lines: string;
  readonly platform?: boolean;
}

interface Reading {
  readonly name: string | undefined;
  readonly lines: number;
  readonly options: Options;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

/** `fib logs [function]`: what functions print, or the platform's own processes. */
export const logs = defineCommand<Options>({
  declare: (program) =>
    addTargetOptions(program.command('logs').description('Show what functions print.').argument('[function]', 'such as hello or default/hello; none = all'))
      .option('-f, --follow', 'go on with what comes')
      .option('--lines <n>', 'lines from before', '50')
      .option('--platform', 'the logs of gateway and scaler instead'),
  async run(context) {
    const { terminal, args, options, cwd, env } = context;
    const lines = Number(options.lines);
    if (!Number.isInteger(lines) || lines < 0) throw new PlatformError('USAGE', `--lines ${options.lines} is not a whole number`);
    const stopped = new AbortController();
    process.once('SIGINT', () => stopped.abort());
    const reading = { name: args[0], lines, options, terminal, signal: stopped.signal };
    const cluster = await connectTarget(context as CommandContext<TargetOptions>, true);
    if (cluster) await readCluster(cluster, reading).finally(() => cluster.close());
    else await readGateway(await connectAdmin(options, cwd, env), reading);
    return 0;
  },
});

async function readCluster(cluster: Cluster, { name, lines, options: { platform, follow = false, namespace }, terminal, signal }: Reading): Promise<void> {
  const [{ readLogs }, { functionPods, platformPods }, { toJsonLine }] = await Promise.all([
    import('../cluster/logs.ts'),
    import('../cluster/log-pods.ts'),
    import('../cluster/log-merge.ts'),
  ]);
  const findPods = await (platform ? platformPods(cluster, namespace) : functionPods(cluster, name, namespace));
  await readLogs(cluster, {
    findPods,
    lines,
    follow,
    signal,
    show: (line) => terminal.print(terminal.json ? toJsonLine(line) : `${terminal.paint('magenta', line.pod)} ${renderLogLine(line.text, terminal)}`),
  });
}

async function readGateway(client: AdminClient, { name, lines, options, terminal, signal }: Reading): Promise<void> {
  const show = (line: string) => terminal.print(terminal.json ? line : renderLogLine(line, terminal));
  if (options.platform) {
    if (!client.dev) throw new PlatformError('USAGE', '--platform reads the files of `fib dev` on this machine: leave out --admin');
    const { tailLogs } = await import('../tail-files.ts');
    return tailLogs(client.dev.paths.logs, lines, options.follow === true, show, signal);
  }
  const fn = name === undefined ? undefined : await client.findFunction(name);
  const query = new URLSearchParams({ lines: String(lines), ...(fn && { function: `${fn.namespace}/${fn.name}` }), ...(options.follow && { follow: '1' }) });
  try {
    const response = await client.request(`${ADMIN_PATHS.logs}?${query.toString()}`, { signal });
    if (!response.ok || !response.body) throw await errorOf(response);
    for await (const line of linesOf(response.body)) show(line);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    yield* parts.filter((line) => line !== '');
  }
  if (rest !== '') yield rest;
}
