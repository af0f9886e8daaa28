import { readFile } from 'node:fs/promises';
import { ADMIN_PATHS, HEADERS } from '../../protocol/names.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { addAdminOptions, type AdminOptions, connectAdmin, type FunctionView } from '../admin-client.ts';
import { defineCommand } from '../command.ts';
import { parseServerTiming, type Phase, renderMs } from '../server-timing.ts';
import { renderTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends AdminOptions {
  readonly method?: string;
  readonly data?: string;
  readonly header: readonly string[];
  readonly trace?: boolean;
}

interface Answer {
  readonly status: number;
  readonly ms: number;
  readonly requestId: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly phases: readonly Phase[];
  readonly body: string;
}

/** `fib invoke <function>`: calls a function, also one that has no HTTP trigger. */
export const invoke = defineCommand<Options>({
  declare: (program) =>
    addAdminOptions(program.command('invoke').description('Call a function; one that only has a timer gets a tick.'))
      .argument('<function>', 'such as hello or default/hello')
      .argument('[path]', 'path and query that the function sees', '/')
      .option('-X, --method <method>', 'HTTP method (default: POST with data, else GET)')
      .option('-d, --data <text>', 'body; @file reads a file')
      .option('-H, --header <name: value>', 'header; repeatable', (value: string, known: readonly string[]) => [...known, value], [])
      .option('--trace', 'print how long each phase took'),
  async run({ terminal, args: [name = '', path = '/'], options, cwd, env }) {
    const client = await connectAdmin(options, cwd, env);
    const fn = await client.findFunction(name);
    const begun = performance.now();
    const target = `${ADMIN_PATHS.invoke}/${fn.namespace}/${fn.name}${path.startsWith('/') ? path : `/${path}`}`;
    const response = await client.request(target, await requestOf(fn, path, options));
    const body = await response.text();
    const answer: Answer = {
      status: response.status,
      ms: performance.now() - begun,
      requestId: response.headers.get(HEADERS.requestId),
      headers: Object.fromEntries(response.headers),
      phases: parseServerTiming(response.headers.get(HEADERS.serverTiming)),
      body,
    };
    terminal.result(answer, () => render(answer, options.trace === true, terminal));
    return response.ok ? 0 : 1;
  },
});

async function requestOf(fn: FunctionView, path: string, { method, data, header }: Options): Promise<RequestInit> {
  const timer = fn.timers[0];
  if (timer && fn.routes.length === 0 && path === '/' && method === undefined && data === undefined) {
    const { tickHeaders } = await import('../dev/calls.ts');
    return { method: 'POST', headers: { ...tickHeaders(fn, timer, new Date()), ...parseHeaders(header) }, body: timer.data ?? null };
  }
  const body = data?.startsWith('@') ? await readFile(data.slice(1)) : data;
  const type = typeof body === 'string' && isJson(body) ? { 'content-type': 'application/json' } : {};
  return { method: method ?? (body === undefined ? 'GET' : 'POST'), headers: { ...type, ...parseHeaders(header) }, body: body ?? null };
}

function render({ status, ms, requestId, phases, body }: Answer, trace: boolean, terminal: Terminal): string {
  const parts = [body];
  if (trace || status >= 400) parts.push(terminal.paint('dim', `${status} in ${renderMs(ms)} ms, request ${requestId}`));
  if (trace) parts.push(renderTable(phases.map((phase) => [`  ${phase.name}`, `${renderMs(phase.ms)} ms`])));
  return parts.filter((part) => part !== '').join('\n');
}

/** @throws PlatformError USAGE */
function parseHeaders(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(':');
      if (at < 1) throw new PlatformError('USAGE', `--header "${line}" is not of the form name: value`);
      return [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()];
    }),
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
