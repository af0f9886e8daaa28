import { execFile } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { goWatcher } from '../../constructs/build/go-watcher.ts';
import { findJdk, OLDEST_WATCHER_JDK } from '../../constructs/build/java-toolchain.ts';
import { type JavaWatcher, javaWatcher } from '../../constructs/build/java-watcher.ts';
import { ownPlatform } from '../../constructs/build/platform.ts';
import type { WatcherBuild } from '../../constructs/build/watcher-build.ts';
import type { FunctionRuntime } from '../../protocol/schema/fields.ts';
import { isExecutable } from '../executable.ts';

/** What is off, and what to run. */
interface Missing {
  readonly missing: string;
  readonly wayOut: string;
}

/** A program that the platform can use. */
export type Tool = { readonly path: string } | Missing;

export interface Toolchain {
  /** ≥ 3.10 with the package `cryptography`: runtime python. */
  readonly python: Tool;
  /** The watcher of runtime go, which is compiled on first use. */
  readonly go: WatcherBuild | Missing;
  /** The watcher of runtime java, likewise. */
  readonly java: JavaWatcher | Missing;
  /** Scaling by rules. */
  readonly monitoring: { readonly prometheus: string; readonly alertmanager: string } | Missing;
}

type Env = Readonly<Record<string, string | undefined>>;

const PYTHONS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
/** Prints the interpreter itself: what is on PATH may be a version manager's stand-in, which is slow and looks at the current folder. */
const PYTHON_PROBE =
  'import sys, cryptography; assert sys.version_info >= (3, 10) and int(cryptography.__version__.split(".")[0]) >= 38; print(sys.executable)';

/** Looks where `npm start` says (FIB_PYTHON, FIB_PROMETHEUS, FIB_ALERTMANAGER), in the project's `.fib/python`, and on PATH. */
export async function findToolchain(projectRoot: string, env: Env): Promise<Toolchain> {
  return { python: await findPython(projectRoot, env), go: findGo(env), java: findJava(env), monitoring: findMonitoring(env) };
}

/** Compiles the watchers of the runtimes that a stack has, on first use. @throws PlatformError TOOLCHAIN_MISSING */
export function prepareRuntimes({ go, java }: Toolchain, runtimes: ReadonlySet<FunctionRuntime>): void {
  if (runtimes.has('go') && 'ensure' in go) go.ensure();
  if (runtimes.has('java') && 'ensure' in java) java.ensure();
}

async function findPython(projectRoot: string, env: Env): Promise<Tool> {
  if (env['FIB_PYTHON']) return { path: env['FIB_PYTHON'] };
  const own = join(projectRoot, '.fib', 'python', 'bin', 'python');
  const candidates = [isExecutable(own) ? own : undefined, ...PYTHONS.map((name) => onPath(env, name))];
  for (const path of candidates) {
    const interpreter = path && (await outputOf(path, ['-c', PYTHON_PROBE]));
    if (interpreter) return { path: interpreter };
  }
  return {
    missing: 'no Python ≥ 3.10 with the package cryptography',
    wayOut: 'python3 -m venv .fib/python && .fib/python/bin/pip install "cryptography>=38"',
  };
}

function findGo(env: Env): Toolchain['go'] {
  if (env['FIB_GO_WATCHER']) return { file: env['FIB_GO_WATCHER'], ensure: () => undefined };
  try {
    return goWatcher(ownPlatform(), onPath(env, 'go'));
  } catch (error) {
    return { missing: (error as Error).message, wayOut: 'install Go 1.24 or newer: https://go.dev/dl' };
  }
}

function findJava(env: Env): Toolchain['java'] {
  if (env['FIB_JAVA'] && env['FIB_JAVA_WATCHER']) return { java: env['FIB_JAVA'], file: env['FIB_JAVA_WATCHER'], ensure: () => undefined };
  try {
    return javaWatcher(findJdk(OLDEST_WATCHER_JDK, env));
  } catch (error) {
    return { missing: (error as Error).message, wayOut: 'install a JDK 25 or newer: https://adoptium.net' };
  }
}

function findMonitoring(env: Env): Toolchain['monitoring'] {
  const prometheus = env['FIB_PROMETHEUS'] ?? onPath(env, 'prometheus');
  const alertmanager = env['FIB_ALERTMANAGER'] ?? onPath(env, 'alertmanager') ?? onPath(env, 'prometheus-alertmanager');
  if (prometheus && alertmanager) return { prometheus, alertmanager };
  const wayOut =
    process.platform === 'darwin' ? 'brew install prometheus alertmanager' : 'sudo apt-get install --no-install-recommends prometheus prometheus-alertmanager';
  return { missing: `no ${[prometheus ? '' : 'Prometheus', alertmanager ? '' : 'Alertmanager'].filter(Boolean).join(' and no ')}`, wayOut };
}

function onPath(env: Env, name: string): string | undefined {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** Its standard output; empty where it fails. */
function outputOf(path: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(path, [...args], { timeout: 10_000 }, (error, stdout) => resolve(error ? '' : stdout.trim()));
  });
}
