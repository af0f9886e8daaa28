import { setTimeout as sleep } from 'node:timers/promises';
import * as pulumi from '@pulumi/pulumi';
import { ApiObject } from 'cdk8s';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import * as fib from '../../constructs/index.ts';
import { type DefineContext, FunctionStackComponent, ManifestComponent } from '../../stacks/index.ts';
import { eventually } from './eventually.ts';
import { createPulumiWorld, manifestOf, namespaceObject, type PulumiWorld } from './pulumi/world.ts';

// At once, they keep the machine busy.
vi.setConfig({ testTimeout: 300_000 });
let world: PulumiWorld;
beforeAll(async () => void (world = await createPulumiWorld()), 900_000);
afterAll(async () => world?.close());

const names = Array.from({ length: 10 }, (_, index) => `f${index}`);
const makeFunction = (stack: fib.FunctionStack, name: string, props: Partial<fib.FunctionProps> = {}) =>
  new fib.Function(stack, name, { runtime: fib.Runtime.NODEJS, handler: 'index.handler', code: code(name), deployment: fib.cold(), ...props });
const code = (reply: string) => fib.Code.fromInline(`export const handler = () => '${reply}';`);

/** A namespace, and in it a stack of functions, as one program. @param changed of f7 */
function shop(namespace: string, changed: Partial<fib.FunctionProps> = {}) {
  return async () => {
    const base = new ManifestComponent('base', manifestOf(namespaceObject(namespace)));
    const define = (stack: fib.FunctionStack) => Object.fromEntries(names.map((name) => [name, makeFunction(stack, name, name === 'f7' ? changed : {})]));
    new FunctionStackComponent('shop', { namespace, define, wait: false }, { dependsOn: base });
  };
}
/** Of `shop`: a namespace, a Function and a package for each, two components with a manifest in one of them, the stack. */
const RESOURCES = 1 + 2 * names.length + 3 + 1;

test.concurrent('a stack is previewed without a cluster, made, left alone, changed where the program changed, and removed without a trace', async () => {
  const namespace = world.namespaceName();
  const stack = await world.engine.stack('life', shop(namespace));
  expect(await stack.preview({ kubeconfig: undefined })).toEqual({ create: RESOURCES });
  await expect(world.read('namespaces', namespace)).rejects.toMatchObject({ status: 404 });

  expect(await stack.up()).toEqual({ create: RESOURCES });
  const [made, packages] = [await world.versions('functions', namespace), await world.versions('configmaps', namespace)];
  expect(Object.keys(made).toSorted()).toEqual(names);

  expect(await stack.up()).toEqual({ same: RESOURCES });
  expect(await world.versions('functions', namespace)).toEqual(made);

  const slower = { program: shop(namespace, { timeout: fib.Duration.seconds(9) }) };
  expect(await stack.preview(slower)).toEqual({ update: 1, same: RESOURCES - 1 });
  expect(await stack.preview({ ...slower, kubeconfig: undefined })).toEqual({ update: 1, same: RESOURCES - 1 });
  expect(await stack.up(slower)).toEqual({ update: 1, same: RESOURCES - 1 });
  const slowed = await world.versions('functions', namespace);
  expect(names.filter((name) => slowed[name] !== made[name])).toEqual(['f7']);
  expect(await world.read('functions', namespace, 'f7')).toMatchObject({ spec: { timeout: '9s' } });

  // New code is a new package beside the old one, which goes last.
  const recoded = { program: shop(namespace, { timeout: fib.Duration.seconds(9), code: code('new') }) };
  expect(await stack.up(recoded)).toEqual({ create: 1, update: 1, delete: 1, same: RESOURCES - 2 });
  const now = await world.versions('configmaps', namespace);
  expect(Object.keys(packages).filter((name) => !(name in now))).toHaveLength(1);

  expect(await stack.destroy()).toEqual({ delete: RESOURCES });
  await expect(world.read('namespaces', namespace)).rejects.toMatchObject({ status: 404 });
});

test.concurrent('a secret reaches the cluster, and the state holds it encrypted alone, also where it was plain text', async () => {
  const namespace = await world.namespace();
  const [password, plain] = ['correct horse battery staple', 'Tr0ub4dor&3'];
  const stack = await world.engine.stack('secrets', async () => {
    const define = (shopStack: fib.FunctionStack, { output }: DefineContext) => {
      const stringData = { password: output(pulumi.secret(password)) };
      new ApiObject(shopStack, 'mail', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mail' }, stringData: { password: plain } });
      new ApiObject(shopStack, 'database', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'database' }, stringData });
      return {};
    };
    new FunctionStackComponent('shop', { namespace, define, wait: false });
  });
  await stack.up();
  const { data } = await world.read<{ data: { password: string } }>('secrets', namespace, 'database');
  expect(Buffer.from(data.password, 'base64').toString()).toBe(password);
  const base64 = Buffer.from(plain).toString('base64');
  expect(await world.read('secrets', namespace, 'mail')).toMatchObject({ data: { password: base64 } });
  for (const form of [password, data.password, plain, base64]) expect(stack.state()).not.toContain(form);
  expect(stack.state()).toContain('"ciphertext"');
});

test.concurrent('a value that is known only after another resource was made is a change of one object, also without a cluster', async () => {
  const [namespace, other] = [await world.namespace(), world.namespaceName()];
  const program = (isLinked: boolean) => async () => {
    const bucket = isLinked ? new ManifestComponent('other', manifestOf(namespaceObject(other))).resources.get(`Namespace/${other}`)?.id : 'none';
    const define = (stack: fib.FunctionStack, { output }: DefineContext) => ({
      plain: makeFunction(stack, 'plain'),
      linked: makeFunction(stack, 'linked', { env: { BUCKET: output(bucket ?? '') } }),
    });
    new FunctionStackComponent('shop', { namespace, define, wait: false });
  };
  const stack = await world.engine.stack('unknown', program(false));
  const { create: all = 0 } = await stack.up();
  const linked = { program: program(true) };
  const one = { create: 2, update: 1, same: all - 1 };
  expect(await stack.preview(linked)).toEqual(one);
  expect(await stack.preview({ ...linked, kubeconfig: undefined })).toEqual(one);
  expect(await stack.up(linked)).toEqual(one);
  expect(await world.read('functions', namespace, 'linked')).toMatchObject({ spec: { env: { BUCKET: other } } });
});

test.concurrent('a URL comes out once its Function is Ready and its trigger Accepted', async () => {
  const namespace = await world.namespace();
  const stack = await world.engine.stack('awaited', async () => {
    const define = (shopStack: fib.FunctionStack) => {
      const hello = makeFunction(shopStack, 'hello');
      new fib.HttpTrigger(shopStack, 'hello-http', { function: hello, path: `/${namespace}` });
      return { hello };
    };
    return { url: new FunctionStackComponent('shop', { namespace, define }).functions.hello.url };
  });
  const up = stack.up();
  const ended = up.then(
    () => 'ended',
    () => 'failed',
  );
  for (const [plural, name, type] of [
    ['functions', 'hello', 'Ready'],
    ['triggers', 'hello-http', 'Accepted'],
  ] as const) {
    await eventually(
      async () => Boolean(await world.read(plural, namespace, name)),
      () => `there is no ${name} among the ${plural}`,
    );
    expect(await Promise.race([ended, sleep(500, 'waits')])).toBe('waits');
    const condition = { type, status: 'True', reason: type, message: '', lastTransitionTime: new Date().toISOString(), observedGeneration: 1 };
    await world.merge({ status: { conditions: [condition] } }, plural, namespace, name, 'status');
  }
  expect(await up).toEqual({ create: 6 });
  expect(await stack.outputs()).toMatchObject({ url: { value: `http://fibonacci-gateway.fibonacci-system.svc/${namespace}`, secret: false } });
});
