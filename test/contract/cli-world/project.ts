import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from './ports.ts';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FIB = join(ROOT, 'cli', 'main.ts');

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project of its own that uses this package, with `fib` run from the sources. */
export interface TestProject {
  readonly dir: string;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  fib(args: readonly string[], env?: Readonly<Record<string, string | undefined>>, timeoutMs?: number): Promise<Run>;
  /** `fib dev` until it is ready. */
  dev(args?: readonly string[]): Promise<Dev>;
  close(): Promise<void>;
}

export interface Dev {
  readonly pid: number;
  readonly port: number;
  /** Everything that it printed. */
  output(): string;
  /** Resolves once the text shows up in the output from `since` on. */
  shows(text: string | RegExp, since?: number): Promise<void>;
  fetch(path: string): Promise<Response>;
  kill(signal: NodeJS.Signals): void;
  readonly exit: Promise<number | null>;
}

const PATIENCE_MS = 30_000;

export async function createProject(source: Readonly<Record<string, string>> | { readonly copyOf: string }): Promise<TestProject> {
  const dir = await mkdtemp(join(tmpdir(), 'fib-cli-'));
  await mkdir(join(dir, 'node_modules'));
  await symlink(ROOT, join(dir, 'node_modules', 'fibonacci-faas'));
  await symlink(join(ROOT, 'node_modules', 'cdk8s'), join(dir, 'node_modules', 'cdk8s'));
  await writeFile(join(dir, 'package.json'), '{ "type": "module", "private": true }');
  const devs: Dev[] = [];
  const project: TestProject = {
    dir,
    async write(files) {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(dir, name)), { recursive: true });
        await writeFile(join(dir, name), content);
      }
    },
    fib: (args, env = process.env, timeoutMs = 60_000) => runFib(dir, args, env, timeoutMs),
    async dev(args = ['--no-monitoring']) {
      const dev = await startDev(dir, args);
      devs.push(dev);
      return dev;
    },
    async close() {
      for (const dev of devs) dev.kill('SIGTERM');
      await Promise.all(devs.map((dev) => dev.exit));
      await rm(dir, { recursive: true, force: true });
    },
  };
  if ('copyOf' in source && typeof source.copyOf === 'string') await cp(join(ROOT, source.copyOf), dir, { recursive: true });
  else await project.write(source as Readonly<Record<string, string>>);
  return project;
}

/** `fib …` from the sources, in a folder. */
export function runFib(cwd: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>, timeout: number): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [FIB, ...args], { cwd, env: { ...env }, timeout }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
  });
}

async function startDev(cwd: string, args: readonly string[]): Promise<Dev> {
  const port = await freePorts();
  const child = spawn(process.execPath, [FIB, 'dev', '--port', String(port), ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      for (const listener of listeners) listener();
    });
  }
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
  const dev: Dev = {
    pid: child.pid ?? 0,
    port,
    exit,
    output: () => text,
    fetch: (path) => fetch(`http://127.0.0.1:${port}${path}`),
    kill: (signal) => void child.kill(signal),
    shows: (wanted, since = 0) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => end(() => reject(new Error(`fib dev did not show ${String(wanted)} but:\n${text}`))), PATIENCE_MS);
        const end = (then: () => void) => {
          clearTimeout(timer);
          listeners.delete(look);
          then();
        };
        const look = () => {
          const shown = text.slice(since);
          if (typeof wanted === 'string' ? shown.includes(wanted) : wanted.test(shown)) end(resolve);
        };
        listeners.add(look);
        look();
      }),
  };
  await Promise.race([dev.shows('Ctrl-C ends everything'), exit.then((code) => Promise.reject(new Error(`fib dev ended with ${code}:\n${text}`)))]);
  return dev;
}
