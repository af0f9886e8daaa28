import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProject, ROOT, type Run, type TestProject } from '../../contract/cli-world/project.ts';
import { openCluster } from '../machine/cluster.ts';

/** A project whose commands talk to the test cluster, and namespaces of its own there. */
export interface ClusterProject {
  readonly project: TestProject;
  /** Two namespaces that nobody else uses. */
  readonly namespaces: readonly [string, string];
  /** `fib …` in the project. */
  fib(...args: readonly string[]): Promise<Run>;
  /** `fib … --json`: exit code and what it printed. */
  json<T>(...args: readonly string[]): Promise<{ readonly code: number; readonly value: T }>;
  kubectl(args: readonly string[], input?: string): string;
  /** Starts `fib …` and reads what it prints until it is ended. */
  start(...args: readonly string[]): Running;
  readonly kubeconfig: string;
  close(): Promise<void>;
}

/** A command that goes on. */
export interface Running {
  /** Resolves once the text shows up in what it printed. */
  shows(text: string | RegExp): Promise<void>;
  output(): string;
  /** As Ctrl-C does; resolves to the exit code. */
  interrupt(): Promise<number | null>;
}

/** For one command: other tests keep the machine busy. */
const PATIENCE_MS = 240_000;

/** @param files of the project */
export async function createClusterProject(files: Readonly<Record<string, string>>): Promise<ClusterProject> {
  const { kubeconfig, bin } = await openCluster();
  const env = { ...process.env, KUBECONFIG: kubeconfig };
  const kubectl = (args: readonly string[], input = '') =>
    execFileSync(join(bin, 'kubectl'), args, { env, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
  const suffix = randomBytes(3).toString('hex');
  const namespaces = [`cli-${suffix}-a`, `cli-${suffix}-b`] as const;
  const crds = kubectl(['get', 'crd', '-o', 'name']);
  // The platform brings them; where no other test has deployed one, they come from the reference.
  if (!crds.includes('functions.fibonacci.dev')) kubectl(['apply', '--server-side', '-f', join(ROOT, 'docs/reference/crds')]);
  kubectl(['wait', '--for=condition=Established', 'crd/functions.fibonacci.dev', '--timeout=30s']);
  for (const namespace of namespaces) kubectl(['create', 'namespace', namespace]);
  const project = await createProject(files);
  const fib = (...args: readonly string[]) => project.fib(args, env, PATIENCE_MS);
  return {
    project,
    namespaces,
    fib,
    async json(...args) {
      const { code, stdout } = await fib(...args, '--json');
      return { code, value: JSON.parse(stdout) };
    },
    kubectl,
    kubeconfig,
    start: (...args) => startFib(project.dir, args, env),
    async close() {
      kubectl(['delete', 'namespace', ...namespaces, '--wait=false', '--ignore-not-found']);
      await project.close();
    },
  };
}

function startFib(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(process.execPath, [join(ROOT, 'cli/main.ts'), ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  return {
    output: () => text,
    async shows(wanted) {
      const deadline = Date.now() + 30_000;
      while (!(typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text))) {
        if (Date.now() > deadline) throw new Error(`fib ${args.join(' ')} did not show ${String(wanted)} but:\n${text}`);
        await sleep(50);
      }
    },
    interrupt() {
      child.kill('SIGINT');
      return exit;
    },
  };
}

/** A stack of functions that answer their own names: `--config names=a,b --config timeout=5`. */
export const STACK = (id: string) => `import * as fib from 'fibonacci-faas';
export default fib.defineStack((app, { config }) => {
  const stack = new fib.FunctionStack(app, '${id}');
  for (const name of (config.names ?? 'hello,words').split(',').filter(Boolean)) {
    const fn = new fib.Function(stack, name, {
      runtime: fib.Runtime.NODEJS, handler: 'index.handler', code: fib.Code.fromInline(\`export const handler = () => '\${name}';\`),
      timeout: fib.Duration.seconds(Number(config.timeout ?? 5)), deployment: fib.cold(),
    });
    new fib.HttpTrigger(stack, \`\${name}-http\`, { function: fn, path: \`/${id}/\${name}\` });
  }
});`;
