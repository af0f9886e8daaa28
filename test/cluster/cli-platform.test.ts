import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createClusterProject, type ClusterProject } from './cli-world/cluster.ts';
import { loadTestImages } from './images/load.ts';
import { TEST_IMAGES } from './images/test-images.ts';
import { openCluster } from './machine/cluster.ts';

/** A platform of its own, and functions on it. */
const APP = (system: string, functions: string) => `import * as fib from 'fibonacci-faas';
export default fib.defineStack((app, { config }) => {
  new fib.Platform(app, 'platform', {
    namespace: '${system}', functionNamespaces: [{ name: '${functions}', create: false }],
    images: { registry: 'localhost', tag: 'test', pullPolicy: 'Never' },
    monitoring: { prometheus: { image: '${TEST_IMAGES.prometheus}' }, alertmanager: { image: '${TEST_IMAGES.alertmanager}' } },
    artifacts: { storage: fib.Size.mebibytes(64) },
    gateway: { replicas: 1, resources: { cpuRequest: '20m' } }, scaler: { replicas: 1, resources: { cpuRequest: '20m' } },
  });
  const stack = new fib.FunctionStack(app, 'app', { namespace: '${functions}' });
  const pool = new fib.PodPool(stack, 'pool', { runtime: fib.Runtime.NODEJS, min: 1, max: 6 });
  const make = (name, code) => new fib.Function(stack, name, { runtime: fib.Runtime.NODEJS, handler: 'index.handler', code: fib.Code.fromInline(code), deployment: fib.hot(pool) });
  const hello = make('hello', \`export const handler = (event) => { console.log('called with', event.path); return { text: '\${config.text ?? 'first'}', path: event.path }; };\`);
  new fib.HttpTrigger(stack, 'hello-http', { function: hello, path: '/hello' });
  const tick = make('tick', 'export const handler = (event) => ({ id: event.id });');
  make('big', 'export const handler = () => text.length; const text = "' + 'x'.repeat(70_000) + '";');
  new fib.TimerTrigger(stack, 'tick-timer', { function: tick, schedule: '0 0 1 1 *' });
});`;

const WHILE = { timeout: 60_000, interval: 500 };

interface Reply {
  readonly status: number;
  readonly body: string;
}

describe('fib with a platform in a cluster', () => {
  let world: ClusterProject;
  let system = '';
  let namespace = '';
  const invoke = async (...args: string[]) => (await world.json<Reply>('invoke', ...args, '-n', namespace)).value;
  const deploy = (text: string) => world.fib('deploy', 'app.ts', '--yes', '--timeout', '4m', '--config', `text=${text}`);

  beforeAll(async () => {
    await loadTestImages(await openCluster());
    world = await createClusterProject({});
    [system, namespace] = world.namespaces;
    await world.project.write({ 'app.ts': APP(system, namespace) });
  }, 600_000);
  afterAll(() => world.close());

  it('deploys platform and functions into a cluster at once and ends when all is ready', async () => {
    const { code, stdout, stderr } = await deploy('first');
    expect(stderr).toContain('all is ready');
    expect([code, stdout]).toEqual([0, expect.stringContaining(`http://fibonacci-gateway.${system}.svc/hello`)]);
    expect(stderr).toMatch(/package sha256:.* sent to the artifact service/);
  }, 300_000);

  it('sends code that no ConfigMap holds once', async () => {
    expect((await invoke('big')).body).toBe('70000');
    const { stderr } = await deploy('first');
    expect(stderr).toMatch(/nothing to do/);
    expect(stderr).not.toContain('sent to the artifact service');
  });

  it('calls functions from outside with a kubeconfig alone, also one without an HTTP trigger', async () => {
    const hello = await invoke('hello', '/a/b?c=d');
    expect([hello.status, JSON.parse(hello.body)]).toEqual([200, { text: 'first', path: '/a/b' }]);
    expect(JSON.parse((await invoke('tick')).body)).toEqual({ id: expect.stringMatching(/^tick-timer\/20/) });
    const { code, value } = await world.json<{ error: { code: string } }>('invoke', 'nobody', '-n', namespace);
    expect([code, value.error.code]).toEqual([1, 'FUNCTION_NOT_FOUND']);
  });

  it('lists functions, pods and pools', async () => {
    await invoke('hello');
    interface Processes {
      readonly functions: object[];
      readonly instances: object[];
      readonly pools: object[];
    }
    const found = async () => (await world.json<Processes>('ps', '-n', namespace)).value;
    await expect.poll(async () => (await found()).instances, WHILE).toContainEqual(expect.objectContaining({ function: `${namespace}/hello`, state: 'ready' }));
    const { functions, pools } = await found();
    expect(functions).toContainEqual(expect.objectContaining({ name: 'hello', readyInstances: 1, routes: [{ path: '/hello', accepted: true }] }));
    expect(pools).toEqual([expect.objectContaining({ name: 'pool', max: 6 })]);
    expect((await world.fib('ps', '-n', namespace)).stdout).toMatch(new RegExp(`${namespace}/hello +nodejs +hot \\(pool\\) +1/1 +/hello`));
  });

  it('says how platform and functions stand', async () => {
    // On a busy machine a probe may be late now and then.
    await expect.poll(async () => (await world.fib('status', '-n', namespace)).code, WHILE).toBe(0);
    const { stdout } = await world.fib('status', '-n', namespace);
    expect(stdout).toMatch(new RegExp(`PLATFORM in ${system}[^]*fibonacci-gateway +1/1[^]*leader fibonacci-scaler-[^]*✓ +${namespace}/hello`));
  });

  it('shows what functions print, and goes on with what comes', async () => {
    expect((await world.fib('logs', 'hello', '-n', namespace)).stdout).toContain('called with /a/b');
    const follow = world.start('logs', 'hello', '-n', namespace, '--follow', '--json');
    await follow.shows('called with /a/b');
    await invoke('hello', '/later');
    await follow.shows('called with /later');
    expect(await follow.interrupt()).toBe(0);
    const lines = follow
      .output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { instance: string; line?: string });
    expect(lines.filter(({ line }) => line === 'called with /a/b')).toHaveLength(1);
    expect(lines.every(({ instance }) => instance.startsWith(`${namespace}/pool-`))).toBe(true);
    expect((await world.fib('logs', '--platform', '-n', namespace, '--lines', '500')).stdout).toMatch(/fibonacci-gateway-[^]*fibonacci-scaler-/);
  });

  it('follows a function to the pods that come later', async () => {
    const follow = world.start('logs', 'hello', '-n', namespace, '--follow', '--lines', '1');
    await follow.shows(namespace);
    const pod = world.kubectl(['-n', namespace, 'get', 'pods', '-l', 'fibonacci.dev/function=hello', '-o', 'jsonpath={.items[0].metadata.name}']);
    world.kubectl(['-n', namespace, 'delete', 'pod', pod, '--wait=false']);
    await expect.poll(async () => (await invoke('hello', '/again')).status, WHILE).toBe(200);
    await expect.poll(() => follow.output(), WHILE).toMatch(/called with \/again/);
    await follow.interrupt();
  });

  it('goes back to an earlier revision, and refuses where another owns the function', async () => {
    await deploy('second');
    await expect.poll(async () => JSON.parse((await invoke('hello')).body) as object, WHILE).toMatchObject({ text: 'second' });
    const back = await world.json<{ revision: string; changed: boolean }>('rollback', 'hello', '-n', namespace);
    expect(back).toEqual({ code: 0, value: expect.objectContaining({ revision: 'hello-00001', changed: true }) });
    await expect.poll(async () => JSON.parse((await invoke('hello')).body) as object, WHILE).toMatchObject({ text: 'first' });
    expect(world.kubectl(['-n', namespace, 'get', 'fibfn', 'hello', '-o', 'jsonpath={.metadata.labels}'])).toContain('"fibonacci.dev/stack":"app"');
    world.kubectl(['-n', namespace, 'patch', 'fibfn', 'hello', '--type=merge', '--field-manager=argocd', '-p', '{"spec":{"timeout":"11s"}}']);
    const refused = await world.fib('rollback', 'hello', 'hello-00002', '-n', namespace);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/APPLY_CONFLICT .*"argocd"[^]*--force/)]);
    expect((await world.fib('rollback', 'hello', 'hello-00002', '-n', namespace, '--force')).code).toBe(0);
    await expect.poll(async () => JSON.parse((await invoke('hello')).body) as object, WHILE).toMatchObject({ text: 'second' });
    const absent = await world.fib('rollback', 'hello', '99', '-n', namespace);
    expect([absent.code, absent.stderr]).toEqual([1, expect.stringMatching(/REVISION_NOT_FOUND .*there is hello-0/)]);
  });

  it('says why a function is not ready', async () => {
    const tick = JSON.parse(world.kubectl(['-n', namespace, 'get', 'fibfn', 'tick', '-o', 'json'])) as { spec: object };
    const metadata = { name: 'broken', namespace };
    const broken = { ...tick, metadata, status: undefined, spec: { ...tick.spec, package: { digest: `sha256:${'0'.repeat(64)}`, size: 10 } } };
    world.kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify(broken));
    const caller = await world.json<Reply>('invoke', 'broken', '-n', namespace);
    expect([caller.code, caller.value.status, caller.value.body]).toEqual([1, 502, expect.stringContaining('PACKAGE_INVALID')]);
    const status = await world.fib('status', '-n', namespace);
    expect([status.code, status.stdout]).toEqual([
      1,
      expect.stringMatching(new RegExp(`✗ +${namespace}/broken[^]*${namespace}/broken\\n.*PackageInvalid.* is missing`)),
    ]);
    world.kubectl(['-n', namespace, 'delete', 'fibfn', 'broken']);
  });

  it('names the right that a user lacks, and lets one with a token in by its own rights', async () => {
    world.kubectl(['-n', namespace, 'create', 'serviceaccount', 'reader']);
    world.kubectl(['-n', namespace, 'create', 'role', 'reader', '--verb=get,list', '--resource=functions.fibonacci.dev,triggers.fibonacci.dev']);
    world.kubectl(['-n', namespace, 'create', 'rolebinding', 'reader', '--role=reader', `--serviceaccount=${namespace}:reader`]);
    const config = parse(world.kubectl(['config', 'view', '--raw', '--minify'])) as { users: { user: object }[]; contexts: { context: object }[] };
    config.users[0] = { ...config.users[0], user: { token: world.kubectl(['-n', namespace, 'create', 'token', 'reader']).trim() } };
    const file = join(world.project.dir, 'reader.json');
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    const as = ['-n', namespace, '--kubeconfig', file];
    const diff = await world.fib('deploy', 'app.ts', '--yes', '--kubeconfig', file);
    expect([diff.code, diff.stderr]).toEqual([
      1,
      expect.stringMatching(/CLUSTER_FORBIDDEN system:serviceaccount:.*:reader may not (list|get|patch) .*ask who administers the cluster/),
    ]);
    const call = await world.fib('invoke', 'hello', ...as);
    expect([call.code, call.stderr]).toEqual([1, expect.stringMatching(/CLUSTER_FORBIDDEN|PLATFORM_MISSING/)]);
    // What a caller needs: to find a gateway pod, to reach it, and to invoke.
    world.kubectl(['-n', namespace, 'create', 'role', 'caller', '--verb=create', '--resource=functions.fibonacci.dev/invoke']);
    world.kubectl(['-n', namespace, 'create', 'role', 'finder', '--verb=get', '--resource=rolebindings.rbac.authorization.k8s.io']);
    for (const role of ['caller', 'finder'])
      world.kubectl(['-n', namespace, 'create', 'rolebinding', role, `--role=${role}`, `--serviceaccount=${namespace}:reader`]);
    world.kubectl(['-n', system, 'create', 'role', 'reach', '--verb=get,list,create', '--resource=deployments.apps,pods,pods/portforward']);
    world.kubectl(['-n', system, 'create', 'rolebinding', 'reach', '--role=reach', `--serviceaccount=${namespace}:reader`]);
    const { value } = await world.json<Reply>('invoke', 'hello', ...as);
    expect(value).toMatchObject({ status: 200 });
  });

  it('removes platform and functions, and what the scaler had made', async () => {
    const { code, stderr } = await world.fib('remove', 'app.ts', '--yes');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/CustomResourceDefinition\/functions\.fibonacci\.dev stays/)]);
    const left = world.kubectl(['-n', system, 'get', 'deploy,sts,svc,cm,secret,sa,role,pdb,netpol,lease', '-o', 'name']);
    expect(left.split('\n').filter((name) => name !== '' && !/kube-root-ca|\/default$|role\/reach|reach$/.test(name))).toEqual([]);
    expect(world.kubectl(['get', 'clusterrole,clusterrolebinding', '-o', 'name'])).not.toContain(`.${system}`);
  });
});
