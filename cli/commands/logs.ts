import { addAdminOptions, type AdminOptions, connectAdmin, errorOf } from '../admin-client.ts';
import { defineCommand } from '../command.ts';
import { renderLogLine } from '../log-line.ts';
import { ADMIN_PATHS } from '../../protocol/names.ts';
import { PlatformError } from '../../protocol/errors.ts';

interface Options extends AdminOptions {
  readonly follow?: boolean;
  readonly lines: string;
  readonly platform?: boolean;
}

/** `fib logs [function]`: what functions print, or the platform's own processes. */
export const logs = defineCommand<Options>({
  declare: (program) =>
    addAdminOptions(program.command('logs').description('Show what functions print.').argument('[function]', 'such as hello or default/hello; none = all'))
      .option('-f, --follow', 'go on with what comes')
      .option('-n, --lines <n>', 'lines from before', '50')
      .option('--platform', 'the logs of gateway and scaler instead'),
  async run({ terminal, args: [name], options, cwd, env }) {
    const client = await connectAdmin(options, cwd, env);
    const show = (line: string) => terminal.print(terminal.json ? line : renderLogLine(line, terminal));
    const lines = Number(options.lines);
    if (!Number.isInteger(lines) || lines < 0) throw new PlatformError('USAGE', `--lines ${options.lines} is not a whole number`);
    const stopped = new AbortController();
    process.once('SIGINT', () => stopped.abort());
    if (options.platform) {
      if (!client.dev) throw new PlatformError('USAGE', '--platform reads the files of `fib dev` on this machine: leave out --admin');
      const { tailLogs } = await import('../tail-files.ts');
      await tailLogs(client.dev.paths.logs, lines, options.follow === true, show, stopped.signal);
      return 0;
    }
    const fn = name === undefined ? undefined : await client.findFunction(name);
    const query = new URLSearchParams({ lines: String(lines), ...(fn && { function: `${fn.namespace}/${fn.name}` }), ...(options.follow && { follow: '1' }) });
    try {
      const response = await client.request(`${ADMIN_PATHS.logs}?${query.toString()}`, { signal: stopped.signal });
      if (!response.ok || !response.body) throw await errorOf(response);
      for await (const line of linesOf(response.body)) show(line);
    } catch (error) {
      if (!stopped.signal.aborted) throw error;
    }
    return 0;
  },
});

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    yield* parts.filter((line) => line !== '');
  }
  if (rest !== '') yield rest;
}
