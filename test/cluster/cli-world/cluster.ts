import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createProject, ROOT, type Run, type TestProject } from '../../contract/cli-world/project.ts';
import { clusterFolders } from '../machine/folders.ts';

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
  close(): Promise<void>;
}

/** @param files of the project */
export async function createClusterProject(files: Readonly<Record<string, string>>): Promise<ClusterProject> {
  const { kubeconfig, bin } = clusterFolders();
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
  await symlink(join(ROOT, 'node_modules/cdk8s'), join(project.dir, 'node_modules/cdk8s'));
  const fib = (...args: readonly string[]) => project.fib(args, env);
  return {
    project,
    namespaces,
    fib,
    async json(...args) {
      const { code, stdout } = await fib(...args, '--json');
      return { code, value: JSON.parse(stdout) };
    },
    kubectl,
    async close() {
      kubectl(['delete', 'namespace', ...namespaces, '--wait=false', '--ignore-not-found']);
      await project.close();
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
