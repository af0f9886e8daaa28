import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, type Run } from './cli-world/project.ts';

const ENTRY = join(ROOT, 'stacks', 'main.mjs');
const fixture = (name: string) => join(ROOT, 'test', 'contract', 'fixtures', name);
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fib-pulumi-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** No kubeconfig anywhere, unless `env` names one. */
function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  const clean = { ...process.env, HOME: dir, KUBECONFIG: '', ...env };
  return new Promise((resolve) => {
    execFile(process.execPath, [...args], { cwd: dir, env: clean }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

const kubeconfigOf = (server: string) =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server } }],
    users: [{ name: 'test', user: { token: 'of the test' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  });

interface Program {
  readonly program?: string;
  readonly preview?: boolean;
  readonly config?: Readonly<Record<string, string>>;
  readonly secretKeys?: readonly string[];
}

async function pulumi(program: Program, env?: Readonly<Record<string, string>>) {
  const { code, stdout, stderr } = await run([fixture('pulumi-program.mjs'), JSON.stringify({ program: ENTRY, ...program })], env);
  const told = JSON.parse(stdout) as { registered: { type: string; name: string }[]; outputs?: Record<string, unknown> };
  return { code, stderr, ...told };
}

describe('the entry of Pulumi.yaml', () => {
  it.each(['20.20.2', '22.23.3'])('on Node.js %s says in one line what to do', async (version) => {
    const older = join(dir, 'older.mjs');
    await writeFile(older, `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`);
    const { code, stderr } = await run(['--import', older, ENTRY]);
    expect(stderr).toMatch(/^This Pulumi program needs Node.js 24 or newer, .* put node_modules\/.bin of this project first on PATH.\n$/);
    // Pulumi adds nothing to a program that ends with this code.
    expect(code).toBe(32);
  });

  it('names packages that are not installed, and constructs that are not compiled', async () => {
    const project = join(dir, 'project');
    await mkdir(join(project, 'stacks'), { recursive: true });
    await cp(ENTRY, join(project, 'stacks', 'main.mjs'));
    await cp(join(ROOT, 'package.json'), join(project, 'package.json'));
    const bare = await run([join(project, 'stacks', 'main.mjs')]);
    expect(bare).toMatchObject({ code: 32, stderr: expect.stringMatching(/^.*cdk8s, constructs.* are not installed in .*: run `npm ci` there.\n$/) });
    await symlink(join(ROOT, 'node_modules'), join(project, 'node_modules'));
    const raw = await run([join(project, 'stacks', 'main.mjs')]);
    expect(raw).toMatchObject({ code: 32, stderr: expect.stringMatching(/^The constructs in .* are not compiled: run `npm run build` there.\n$/) });
  });

  it('previews the example with no cluster, and tells its URLs', async () => {
    const { registered, outputs } = await pulumi({ preview: true, config: { 'fibonacci:host': 'shop.example' } });
    expect(outputs).toEqual({
      gatewayUrl: 'https://shop.example',
      adminUrl: 'http://fibonacci-gateway-admin.fibonacci-system.svc:8081',
      functionUrls: { 'shop/hello': 'http://fibonacci-gateway.fibonacci-system.svc/hello' },
    });
    expect(registered.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['pulumi:providers:kubernetes', 'kubernetes:apps/v1:Deployment', 'kubernetes:fibonacci.dev/v1alpha1:Function']),
    );
  });

  it.each<[string, Program, RegExp]>([
    ['`up` without a kubeconfig', {}, /KUBECONFIG_INVALID: there is no kubeconfig: .*pulumi config set kubeconfig.*Nothing was changed/],
    [
      'a kubeconfig that does not exist',
      { config: { 'fibonacci:kubeconfig': 'gone.yaml' } },
      /KUBECONFIG_INVALID: the config names the kubeconfig .*gone.yaml, which does not exist/,
    ],
    [
      'a value of the wrong type',
      { preview: true, config: { 'fibonacci:wait': 'maybe' } },
      /CONFIG_INVALID: Pulumi.dev.yaml: fibonacci:wait: "maybe" must be boolean/,
    ],
    [
      'a registry that is none',
      { preview: true, config: { 'fibonacci:registry': 'Registry' } },
      /Pulumi.dev.yaml: fibonacci:registry: "Registry" must match pattern/,
    ],
    [
      'a stack file that is not there',
      { preview: true, config: { 'fibonacci:stack': 'shop.ts' } },
      /Pulumi.dev.yaml: fibonacci:stack: there is no file .*shop.ts/,
    ],
    [
      'a secret for the stack file',
      { preview: true, config: { 'fibonacci:apiKey': 'hunter2' }, secretKeys: ['fibonacci:apiKey'] },
      /SECRET_IN_CLEAR: Pulumi.dev.yaml: fibonacci:apiKey is a secret/,
    ],
  ])('%s is told, and nothing is registered', async (_, program, message) => {
    const { code, stderr, registered } = await pulumi(program);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('hunter2');
    expect({ code, registered }).toEqual({ code: 1, registered: [] });
  });

  it('a stack file gets the values of its environment’s file, and over them those of Pulumi', async () => {
    const shop = join(dir, 'shop');
    await mkdir(join(shop, 'node_modules'), { recursive: true });
    await symlink(ROOT, join(shop, 'node_modules', 'fibonacci-faas'));
    await writeFile(join(shop, 'package.json'), '{ "type": "module" }');
    await writeFile(join(shop, 'fib.prod.yaml'), 'config:\n  path: /of-the-file\n  name: of-the-file\n');
    await writeFile(
      join(shop, 'stack.ts'),
      `import * as fib from 'fibonacci-faas';
      export default fib.defineStack((app, { env, config }) => {
        const stack = new fib.FunctionStack(app, 'shop', { namespace: env });
        const code = fib.Code.fromInline('export const handler = () => 1;');
        const fn = new fib.Function(stack, config['name'] ?? '', { runtime: fib.Runtime.NODEJS, handler: 'index.handler', code });
        new fib.HttpTrigger(stack, 'http', { function: fn, path: config['path'] ?? '' });
      });`,
    );
    const config = { 'fibonacci:stack': join(shop, 'stack.ts'), 'fibonacci:env': 'prod', 'fibonacci:name': 'of-pulumi' };
    const { outputs } = await pulumi({ preview: true, config });
    expect(outputs).toEqual({ functionUrls: { 'prod/of-pulumi': 'http://fibonacci-gateway.fibonacci-system.svc/of-the-file' } });
  });

  it('`up` goes on where the cluster is new enough, and changes nothing where it is too old or away', async () => {
    let minor = '34+';
    const server = createServer((_, response) => response.end(JSON.stringify({ major: '1', minor, gitVersion: `v1.${minor}` })));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const kubeconfig = join(dir, 'kubeconfig');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await writeFile(kubeconfig, kubeconfigOf(url));
    const fresh = await pulumi({}, { KUBECONFIG: kubeconfig });
    expect([fresh.stderr, fresh.registered.length > 40]).toEqual(['', true]);
    minor = '26';
    const old = await pulumi({}, { KUBECONFIG: kubeconfig });
    expect([old.stderr, old.registered]).toEqual([expect.stringMatching(/CLUSTER_TOO_OLD: .* runs Kubernetes v1.26, and Fibonacci needs 1.27/), []]);
    server.close();
    await once(server, 'close');
    const away = await pulumi({}, { KUBECONFIG: kubeconfig });
    expect([away.stderr, away.registered]).toEqual([expect.stringMatching(/CLUSTER_UNREACHABLE: .*Nothing was changed/), []]);
  });
});

it('a secret Output in a function’s variable ends the program, and the function is not registered', async () => {
  const { code, stderr, registered } = await pulumi({ program: fixture('secret-in-clear.mjs') });
  expect(stderr).toMatch(/SECRET_IN_CLEAR: Function\/shop\/charge.spec.env.STRIPE_KEY would hold a secret Output in clear: .*addSecret/);
  expect(stderr).not.toContain('hunter2');
  expect({ code, types: registered.map(({ type }) => type) }).toEqual({ code: 1, types: ['fibonacci:kubernetes:Manifest'] });
});
