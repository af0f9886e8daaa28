import { readFile } from 'node:fs/promises';
import { ADMIN_PATHS, HEADERS } from '../../protocol/names.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { connectAdmin } from '../admin-client.ts';
import { adminHeaders } from '../admin-headers.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { HttpReply } from '../cluster/http-over.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { parseServerTiming, type Phase, renderMs } from '../server-timing.ts';
import { renderTable } from '../table.ts';
import { addTargetOptions, connectTarget, type TargetOptions } from '../target-options.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends TargetOptions {
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

/** What decides how a function is called. */
interface Callee {
  readonly namespace: string;
  readonly hasRoute: boolean;
  readonly timer: { readonly trigger: string; readonly data?: string } | undefined;
}

/** `fib invoke <function>`: calls a function, also one that has no HTTP trigger. */
export const invoke = defineCommand<Options>({
  declare: (program) =>
    addTargetOptions(program.command('invoke').description('Call a function; one that only has a timer gets a tick.'))
      .argument('<function>', 'such as hello or default/hello')
      .argument('[path]', 'path and query that the function sees', '/')
      .option('-X, --method <method>', 'HTTP method (default: POST with data, else GET)')
      .option('-d, --data <text>', 'body; @file reads a file')
      .option('-H, --header <name: value>', 'header; repeatable', (value: string, known: readonly string[]) => [...known, value], [])
      .option('--trace', 'print how long each phase took'),
  async run(context) {
    const { terminal, options } = context;
    const cluster = await connectTarget(context as CommandContext<TargetOptions>, false);
    const reply = await (cluster ? callInCluster(cluster, context).finally(() => cluster.close()) : callGateway(context));
    const answer: Answer = {
      status: reply.status,
      ms: reply.ms,
      requestId: reply.headers[HEADERS.requestId] ?? null,
      headers: reply.headers,
      phases: parseServerTiming(reply.headers[HEADERS.serverTiming]),
      body: reply.body,
    };
    terminal.result(answer, () => render(answer, options.trace === true, terminal));
    return reply.status >= 200 && reply.status < 300 ? 0 : 1;
  },
});

async function callGateway({ args: [name = '', path = '/'], options, cwd, env }: CommandContext<Options>): Promise<HttpReply> {
  const client = await connectAdmin(options, cwd, env);
  const fn = await client.findFunction(name);
  const { method, headers, body } = await requestOf({ namespace: fn.namespace, hasRoute: fn.routes.length > 0, timer: fn.timers[0] }, path, options);
  const begun = performance.now();
  const target = `${ADMIN_PATHS.invoke}/${fn.namespace}/${fn.name}${withSlash(path)}`;
  const response = await client.request(target, { method, headers: adminHeaders(headers), body: body ?? null });
  const answer = await response.text();
  return { status: response.status, headers: Object.fromEntries(response.headers), body: answer, ms: performance.now() - begun };
}

async function callInCluster(cluster: Cluster, { args: [name = '', path = '/'], options }: CommandContext<Options>): Promise<HttpReply> {
  const [{ invokeInCluster }, { findFunction, listOwn }] = await Promise.all([import('../cluster/invoke.ts'), import('../cluster/picture.ts')]);
  const { metadata } = await findFunction(cluster, name, options.namespace);
  const { namespace } = metadata;
  const triggers = (await listOwn(cluster, 'Trigger', namespace)).filter(({ spec }) => spec.function === metadata.name);
  const timed = triggers.find(({ spec }) => spec.timer !== undefined);
  const timer = timed && { trigger: timed.metadata.name, ...(timed.spec.timer?.data !== undefined && { data: timed.spec.timer.data }) };
  const request = await requestOf({ namespace, hasRoute: triggers.some(({ spec }) => spec.http !== undefined), timer }, path, options);
  return invokeInCluster(cluster, { namespace, name: metadata.name, path: withSlash(path), ...request }, triggers);
}

interface Request {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer<ArrayBuffer> | undefined;
}

async function requestOf({ namespace, hasRoute, timer }: Callee, path: string, { method, data, header }: Options): Promise<Request> {
  if (timer && !hasRoute && path === '/' && method === undefined && data === undefined) {
    const { tickHeaders } = await import('../dev/calls.ts');
    return { method: 'POST', headers: { ...tickHeaders({ namespace }, timer, new Date()), ...parseHeaders(header) }, body: timer.data };
  }
  const body = data?.startsWith('@') ? await readFile(data.slice(1)) : data;
  const type = typeof body === 'string' && isJson(body) ? { 'content-type': 'application/json' } : {};
  return { method: method ?? (body === undefined ? 'GET' : 'POST'), headers: { ...type, ...parseHeaders(header) }, body };
}

function withSlash(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
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
