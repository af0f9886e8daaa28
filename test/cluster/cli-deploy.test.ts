import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClusterProject, type ClusterProject, STACK } from './cli-world/cluster.ts';

interface Report {
  readonly created: string[];
  readonly changed: string[];
  readonly deleted: string[];
  readonly unchanged: number;
}

describe('fib deploy, diff and remove in a cluster', () => {
  let world: ClusterProject;
  let namespace = '';
  let other = '';
  const OTHERS = ['pod', 'fibfn', 'fibtrig', 'configmap'];

  const names = (...kinds: string[]) =>
    world
      .kubectl(['-n', namespace, 'get', kinds.join(','), '-o', 'name'])
      .split('\n')
      .filter((name) => name !== '' && !name.includes('kube-root-ca') && !name.includes('pkg-'))
      .map((name) => name.split('/')[1])
      .sort();
  const deploy = (stack: string, ...config: string[]) =>
    world.json<Report>('deploy', stack, '-n', namespace, '--yes', '--no-wait', ...config.flatMap((pair) => ['--config', pair]));
  const diff = (stack: string, ...config: string[]) => world.fib('diff', stack, '-n', namespace, ...config.flatMap((pair) => ['--config', pair]));

  beforeAll(async () => {
    world = await createClusterProject({ 'one.ts': STACK('one'), 'two.ts': STACK('two') });
    [namespace, other] = world.namespaces;
  });
  afterAll(() => world.close());

  it('says what it would make, and makes it', async () => {
    const before = await diff('one.ts');
    expect([before.code, before.stdout]).toEqual([2, expect.stringContaining(`+++ stack/Function/${namespace}/hello`)]);
    const { code, value } = await deploy('one.ts');
    expect([code, value.created.length, value.deleted]).toEqual([0, 6, []]);
    expect(names('fibfn')).toEqual(['hello', 'words']);
    expect(world.kubectl(['-n', namespace, 'get', 'fibfn', 'hello', '-o', 'jsonpath={.metadata.managedFields[*].manager}'])).toBe('fibonacci');
  });

  it('has nothing to do the second time', async () => {
    expect((await deploy('one.ts')).value).toMatchObject({ created: [], changed: [], deleted: [], unchanged: 6 });
    expect((await diff('one.ts')).code).toBe(0);
  });

  it('shows a changed prop as a diff of one line, with exit code 2, and deploys it', async () => {
    const { code, stdout } = await diff('one.ts', 'timeout=7');
    expect(code).toBe(2);
    expect(stdout.split('\n').filter((line) => /^[+-] /.test(line))).toEqual(['-  timeout: 5s', '+  timeout: 7s', '-  timeout: 5s', '+  timeout: 7s']);
    expect(stdout).not.toMatch(/managedFields|resourceVersion|generation/);
    expect((await deploy('one.ts', 'timeout=7')).value.changed).toEqual([`Function/${namespace}/hello`, `Function/${namespace}/words`]);
    expect(world.kubectl(['-n', namespace, 'get', 'fibfn', 'hello', '-o', 'jsonpath={.spec.timeout}'])).toBe('7s');
  });

  it('lists what it will delete, and without --yes and a terminal changes nothing', async () => {
    const { code, stderr } = await world.fib('deploy', 'one.ts', '-n', namespace, '--config', 'names=hello', '--config', 'timeout=7');
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`- Function/${namespace}/words[^]*NOT_CONFIRMED`));
    expect(names('fibfn')).toEqual(['hello', 'words']);
  });

  it('prunes what the stack no longer has, with its code, and nothing of others', async () => {
    world.kubectl(['-n', namespace, 'create', 'configmap', 'mine']);
    world.kubectl(['-n', namespace, 'create', 'configmap', 'labelled']);
    world.kubectl(['-n', namespace, 'label', 'configmap', 'labelled', 'fibonacci.dev/stack=somebody']);
    const { value } = await deploy('one.ts', 'names=hello', 'timeout=7');
    expect(value.deleted).toEqual([`Trigger/${namespace}/words-http`, `Function/${namespace}/words`, expect.stringContaining('ConfigMap/')]);
    expect(names('fibfn', 'configmap')).toEqual(['fibonacci-inventory-stack-one', 'hello', 'labelled', 'mine']);
  });

  it('leaves another stack in the same namespace alone, and code that both have', async () => {
    expect((await deploy('two.ts', 'names=hello-two')).value.deleted).toEqual([]);
    expect((await deploy('one.ts', 'names=hello,words', 'timeout=7')).value.deleted).toEqual([]);
    // The same code under another name: one ConfigMap for both stacks.
    await world.project.write({ 'three.ts': STACK('three').replace("'${name}'", "'hello'") });
    await deploy('three.ts', 'names=copy');
    expect((await diff('one.ts', 'timeout=7')).code).toBe(0);
    expect((await deploy('one.ts', 'names=words', 'timeout=7')).value.deleted).toEqual([`Trigger/${namespace}/hello-http`, `Function/${namespace}/hello`]);
    expect(names('fibfn')).toEqual(['copy', 'hello-two', 'words']);
  });

  it('prunes even the last function, and kinds that it has no more', async () => {
    await world.project.write({
      'extra.ts': `import * as fib from 'fibonacci-faas';
import { ApiObject } from 'cdk8s';
export default fib.defineStack((app, { config }) => {
  const stack = new fib.FunctionStack(app, 'extra');
  if (config.with) new ApiObject(stack, 'quota', { apiVersion: 'v1', kind: 'ResourceQuota', spec: { hard: { pods: '7' } } });
});`,
    });
    expect((await deploy('extra.ts', 'with=1')).value.created).toEqual([`ResourceQuota/${namespace}/quota`]);
    // No list of usual kinds holds it: the stack's own inventory remembers.
    expect((await deploy('extra.ts')).value.deleted).toEqual([`ResourceQuota/${namespace}/quota`]);
    expect((await deploy('one.ts', 'names=')).value.deleted).toContain(`Function/${namespace}/words`);
  });

  it('shows a field that another manager owns, with the manager, and takes it over only when told', async () => {
    await deploy('one.ts', 'names=hello', 'timeout=5');
    world.kubectl(['-n', namespace, 'patch', 'fibfn', 'hello', '--type=merge', '--field-manager=somebody', '-p', '{"spec":{"timeout":"9s"}}']);
    const refused = await world.fib('deploy', 'one.ts', '-n', namespace, '--config', 'names=hello', '--yes', '--no-wait');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /APPLY_CONFLICT[^]*one\/hello \(Function\/[^]*\.spec\.timeout is owned by the field manager "somebody"[^]*--force-conflicts/,
    );
    const shown = await diff('one.ts', 'names=hello');
    expect([shown.code, shown.stdout]).toEqual([2, expect.stringMatching(/-  timeout: 9s\n\+  timeout: 5s[^]*somebody/)]);
    const comment = await world.fib('diff', 'one.ts', '-n', namespace, '--config', 'names=hello', '--markdown');
    expect([comment.code, comment.stdout]).toEqual([
      2,
      expect.stringMatching(/\| new revision \| `spec\.timeout 9s → 5s` \|[^]*- ⚠️ Function\/[^]*"somebody"/),
    ]);
    await world.fib('deploy', 'one.ts', '-n', namespace, '--config', 'names=hello', '--yes', '--no-wait', '--force-conflicts');
    expect((await diff('one.ts', 'names=hello')).code).toBe(0);
  });

  it('names the construct of an object that the API server refuses, before anything is changed', async () => {
    await world.project.write({
      'bad.ts': `import * as fib from 'fibonacci-faas';
import { ApiObject } from 'cdk8s';
export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'bad');
  new ApiObject(stack, 'fine', { apiVersion: 'v1', kind: 'ConfigMap' });
  new ApiObject(stack, 'wrong', { apiVersion: 'v1', kind: 'Service', spec: { ports: [{ port: 70000 }] } });
});`,
    });
    const { code, stderr } = await world.fib('deploy', 'bad.ts', '-n', namespace, '--yes');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/CLUSTER_REFUSED[^]*bad\/wrong \(Service\/[^]*spec\.ports\[0\]\.port[^]*70000/)]);
    expect(names('configmap')).not.toContain('fine');
  });

  it('shows what cannot be changed as replaced, and deploys it only under another name', async () => {
    const fixed = (value: string, name = 'fixed') => `import * as fib from 'fibonacci-faas';
import { ApiObject } from 'cdk8s';
export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'fixed');
  new ApiObject(stack, '${name}', { apiVersion: 'v1', kind: 'ConfigMap', immutable: true, data: { value: '${value}' } });
});`;
    await world.project.write({ 'fixed.ts': fixed('one') });
    await deploy('fixed.ts');
    await world.project.write({ 'fixed.ts': fixed('two') });
    const { code, stdout } = await diff('fixed.ts');
    expect([code, stdout]).toEqual([
      2,
      expect.stringMatching(/# ConfigMap\/\S+\/fixed: immutable: deleted and made again\n[^]*- {2}value: one\n\+ {2}value: two/),
    ]);
    const refused = await world.fib('deploy', 'fixed.ts', '-n', namespace, '--yes', '--no-wait');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/CLUSTER_REFUSED[^]*immutable[^]*delete it first, or give it another name/)]);
    await world.project.write({ 'fixed.ts': fixed('two', 'other') });
    expect((await deploy('fixed.ts')).value).toMatchObject({ created: [`ConfigMap/${namespace}/other`], deleted: [`ConfigMap/${namespace}/fixed`] });
    expect((await world.fib('remove', 'fixed.ts', '-n', namespace, '--yes')).code).toBe(0);
  });

  it('says what is missing in time, with the construct', async () => {
    const { code, value } = await world.json<{ error: { code: string; message: string } }>(
      ...['deploy', 'one.ts', '-n', namespace, '--config', 'names=hello', '--yes', '--timeout', '2s'],
    );
    expect([code, value.error.code]).toEqual([1, 'NOT_READY']);
    expect(value.error.message).toContain(`one/hello (Function/${namespace}/hello): the scaler has not looked at it yet`);
  });

  it('waits until the functions are ready', async () => {
    const generation = world.kubectl(['-n', namespace, 'get', 'fibfn', 'hello', '-o', 'jsonpath={.metadata.generation}']);
    const condition = (type: string, observedGeneration: number) => ({
      conditions: [{ type, status: 'True', reason: type, message: '', observedGeneration, lastTransitionTime: '2026-01-01T00:00:00Z' }],
    });
    const patch = (kind: string, name: string, status: object) =>
      world.kubectl(['-n', namespace, 'patch', kind, name, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]);
    patch('fibtrig', 'hello-http', condition('Accepted', 1));
    const deployed = world.json<{ ready: boolean; urls: object[] }>(
      'deploy',
      'one.ts',
      '-n',
      namespace,
      '--config',
      'names=hello',
      '--yes',
      '--timeout',
      '30s',
    );
    patch('fibfn', 'hello', condition('Ready', Number(generation)));
    expect(await deployed).toMatchObject({
      code: 0,
      value: { ready: true, urls: [{ function: `${namespace}/hello`, url: 'http://fibonacci-gateway.fibonacci-system.svc/one/hello' }] },
    });
  });

  it('removes what bears the stack’s label and leaves all else; code that another stack runs goes once that one is gone', async () => {
    const first = await world.json<Report & { kept: string[] }>('remove', 'one.ts', '-n', namespace, '--yes');
    expect([first.code, first.value.deleted, first.value.kept]).toEqual([
      0,
      expect.arrayContaining([`Function/${namespace}/hello`]),
      [expect.stringContaining('/pkg-')],
    ]);
    for (const args of [['--name', 'two'], ['--name', 'three'], ['extra.ts'], ['one.ts']]) {
      expect((await world.fib('remove', ...args, '-n', namespace, '--yes')).code).toBe(0);
    }
    expect(names(...OTHERS)).toEqual(['labelled', 'mine']);
    expect(world.kubectl(['-n', namespace, 'get', 'configmap', '-o', 'name'])).not.toContain('pkg-');
    expect((await world.fib('remove', 'one.ts', '-n', namespace, '--yes')).stderr).toContain('nothing to delete');
  });

  it('brings a kind and an object of it at once, changes both at once, and deletes the kind only when told', async () => {
    const group = `${namespace}.example.dev`;
    await world.project.write({
      'kind.ts': `import * as fib from 'fibonacci-faas';
import { ApiObject } from 'cdk8s';
export default fib.defineStack((app, { config }) => {
  const stack = new fib.FunctionStack(app, 'kind');
  const fields = (config.fields ?? 'a').split(',');
  const spec = { type: 'object', properties: Object.fromEntries(fields.map((name) => [name, { type: 'string' }])) };
  new ApiObject(stack, 'crd', { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'things.${group}' }, spec: {
    group: '${group}', scope: 'Namespaced', names: { kind: 'Thing', plural: 'things' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } }],
  } });
  new ApiObject(stack, 'thing', { apiVersion: '${group}/v1', kind: 'Thing', spec: Object.fromEntries(fields.map((name) => [name, 'x'])) });
});`,
    });
    const thing = `Thing.${group}/${namespace}/thing`;
    expect((await deploy('kind.ts')).value.created).toEqual([`CustomResourceDefinition/things.${group}`, thing]);
    expect((await deploy('kind.ts', 'fields=a,b')).value.changed).toEqual([`CustomResourceDefinition/things.${group}`, thing]);
    expect((await deploy('kind.ts', 'fields=a,b')).value).toMatchObject({ created: [], changed: [], unchanged: 2 });
    const removed = await world.json<Report & { kept: string[] }>('remove', 'kind.ts', '-n', namespace, '--yes');
    expect(removed.value).toMatchObject({ deleted: [thing], kept: [`CustomResourceDefinition/things.${group}`] });
    const purged = await world.json<Report>('remove', 'kind.ts', '-n', namespace, '--yes', '--purge');
    expect(purged.value.deleted).toEqual([`CustomResourceDefinition/things.${group}`]);
  });

  it('deploys into the namespace that it is told, and refuses one that the stack contradicts', async () => {
    expect((await world.json<Report>('deploy', 'two.ts', '-n', other, '--config', 'names=x', '--yes', '--no-wait')).value.created).toContain(
      `Function/${other}/x`,
    );
    await world.project.write({ 'fixed.ts': STACK('fixed').replace("'fixed')", "'fixed', { namespace: 'elsewhere' })") });
    const { code, stderr } = await world.fib('deploy', 'fixed.ts', '-n', other, '--yes');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/USAGE --namespace .* "fixed" names elsewhere/)]);
  });
});
