import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createFileStore } from '../../kit/store/files.ts';
import { PlatformError } from '../../protocol/errors.ts';
import type { AnyResource } from '../../protocol/schema/resources.ts';
import { findProject, shortPath } from '../project.ts';
import { readStackConfig } from '../stack-options.ts';
import type { Terminal } from '../terminal.ts';
import { callsOf } from './calls.ts';
import { checkFunctions } from './check.ts';
import { type Closers, createClosers } from './closers.ts';
import { claimProject } from './dev-file.ts';
import { platformUrls, HOST, startPlatform } from './platform.ts';
import { checkPorts, type Ports } from './ports.ts';
import { createScreen, type Screen } from './screen.ts';
import { openStack, type StackSession } from './stack-session.ts';
import { waitForPools } from './pools.ts';
import { watchFunctions } from './status-watch.ts';
import { createStop } from './stop.ts';
import { findToolchain, prepareRuntimes, type Toolchain } from './toolchain.ts';

export interface DevOptions {
  readonly stack: string | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly ports: Ports;
  /** Name of the environment that the stack is told. */
  readonly environment: string;
  /** `--config` of the command line. */
  readonly config: readonly string[];
  readonly monitoring: boolean;
  /** Calls every function, then ends. */
  readonly check: boolean;
}

interface Running {
  readonly session: StackSession;
  /** Parts that were wanted and are not there. */
  readonly off: readonly string[];
  readonly urls: ReturnType<typeof platformUrls>;
  readonly token: string;
}

/** A pool that does not fill shows in what the calls say. */
const POOLS_TIMEOUT_MS = 10_000;

/** Runs a stack on this machine until it is told to stop; resolves to the exit code. Everything that it started has ended then. @throws PlatformError */
export async function runDev(options: DevOptions, terminal: Terminal): Promise<number> {
  const screen = createScreen(terminal, options);
  const closers = createClosers();
  const stop = createStop();
  try {
    const starting = start(options, screen, closers, terminal.note);
    starting.catch(() => undefined);
    const running = await Promise.race([starting, stop.asked]);
    if (running !== 'asked' && options.check) return await Promise.race([check(running, screen), stop.asked.then(() => 1)]);
    if (running !== 'asked') await stop.asked;
    screen.stopping();
    return 0;
  } finally {
    await closers.close();
    stop.close();
  }
}

async function start(options: DevOptions, screen: Screen, closers: Closers, note: Terminal['note']): Promise<Running> {
  const begun = performance.now();
  const since = () => performance.now() - begun;
  const { ports } = options;
  const project = findProject(options.cwd, options.stack);
  const token = randomBytes(24).toString('base64url');
  const { paths } = project;
  screen.begin(shortPath(options.cwd, project.stack));
  const toolchain = await findToolchain(project.root, options.env);
  const withRules = options.monitoring && 'prometheus' in toolchain.monitoring;
  const urls = platformUrls(ports, withRules);
  const instanceLogs = join(paths.state, 'logs');
  closers.add(await claimProject(paths.devFile, { stack: project.stack, token, urls, paths: { packages: paths.packages, logs: paths.logs, instanceLogs } }));
  const { prometheus, alertmanager, ...always } = ports;
  await checkPorts(HOST, withRules ? ports : always);
  await Promise.all([paths.logs, paths.packages, instanceLogs].map((dir) => mkdir(dir, { recursive: true, mode: 0o700 })));
  const store = closers.add(await createFileStore(paths.objects));

  const stackOptions = { env: options.environment, config: options.config };
  const context = async () => {
    const { config, files } = await readStackConfig(project, stackOptions, note);
    const python = 'path' in toolchain.python ? { python: toolchain.python.path } : {};
    return { load: { env: options.environment, config, gatewayUrl: urls.gateway, target: 'local' as const, ...python }, files };
  };
  const opening = closers.addStarting(
    openStack({ file: project.stack, context, store, packagesDir: paths.packages, prepare: (runtimes) => prepareRuntimes(toolchain, runtimes) }),
  );
  const platform = await startPlatform(
    { project, ports, token, toolchain, monitoring: options.monitoring, secretsFile: join(dirname(project.stack), '.env'), log: screen.log, env: options.env },
    closers,
  );
  const part = async <T>(work: Promise<T>, name: string, detail: (result: T) => string): Promise<T> => {
    const result = await work;
    screen.up(name, detail(result), since());
    return result;
  };
  const [session] = await Promise.all([
    part(opening, 'stack', ({ resources }) => countOf(resources)),
    part(platform.gateway, 'gateway', () => urls.gateway),
    part(platform.scaler, 'scaler', () => urls.scaler),
    platform.monitoring && part(platform.monitoring, 'monitoring', () => `${urls.prometheus} ${urls.alertmanager}`),
  ]);
  const off = tellWhatIsOff(options, toolchain, session.resources, screen);
  session.watch({ onApplied: screen.applied, onProblem: screen.problem });
  closers.add(await watchFunctions(store, screen.functionNotice));
  screen.ready({ urls, calls: callsOf(session.resources), fib: options.env['FIB_COMMAND'] ?? 'npx fib' });
  return { session, off, urls, token };
}

async function check({ session, off, urls, token }: Running, screen: Screen): Promise<number> {
  const calls = callsOf(session.resources);
  if (calls.length === 0) throw new PlatformError('STACK_INVALID', 'the stack has no function to call: add one');
  await waitForPools(urls.scaler, token, POOLS_TIMEOUT_MS);
  const results = await checkFunctions(calls, { gateway: urls.gateway, admin: urls.admin, token });
  screen.checked(results, off);
  return off.length === 0 && results.every(({ ok }) => ok) ? 0 : 1;
}

/** Shows each part that is wanted and missing, and gives them as sentences. */
function tellWhatIsOff(options: DevOptions, { python, go, java, monitoring }: Toolchain, resources: readonly AnyResource[], screen: Screen): string[] {
  const runtimes = new Set(resources.flatMap(({ kind, spec }) => (kind === 'Function' ? [spec.runtime] : [])));
  const missing = [
    { part: 'python', wanted: runtimes.has('python'), tool: python },
    { part: 'go', wanted: runtimes.has('go'), tool: go },
    { part: 'java', wanted: runtimes.has('java'), tool: java },
    { part: 'monitoring', wanted: options.monitoring, tool: monitoring },
  ];
  return missing.flatMap(({ part, wanted, tool }) => {
    if (!wanted || !('missing' in tool)) return [];
    screen.off(part, tool.missing, tool.wayOut);
    return [`${part} is off: ${tool.missing}; run: ${tool.wayOut}`];
  });
}

function countOf(resources: readonly AnyResource[]): string {
  const kinds = Map.groupBy(resources, ({ kind }) => kind);
  return [...kinds].map(([kind, { length }]) => `${length} ${kind}${length === 1 ? '' : 's'}`).join(', ');
}
