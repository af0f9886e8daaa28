import * as pulumi from '@pulumi/pulumi';
import { afterEach, expect, it } from 'vitest';
import * as fib from '../constructs/index.ts';
import { synthesizeStack } from '../constructs/loader.ts';
import { ApiObject } from 'cdk8s';
import { Bucket, mockEngine, type Registration } from './fixtures/mock-engine.ts';
import { FibonacciPlatform, type FibonacciPlatformArgs } from './fibonacci-platform.ts';
import { type DefineContext, FunctionStackComponent } from './function-stack-component.ts';

const basics = { runtime: fib.Runtime.NODEJS, handler: 'index.handler', code: fib.Code.fromInline('export const handler = () => 1;') };
const find = (registered: readonly Registration[], id: string) => registered.find(({ name }) => name === id)?.inputs as Record<string, never> | undefined;
const valueOf = <T>(output: pulumi.Output<T>): Promise<T> => new Promise((resolve) => output.apply(resolve));

afterEach(() => pulumi.runtime.disconnect());

it('an Output goes into a prop and arrives as its value, also inside of longer text', async () => {
  const engine = await mockEngine();
  const { bucket } = new Bucket('uploads');
  new FunctionStackComponent('shop', {
    define: (stack, { output }) => ({
      upload: new fib.Function(stack, 'upload', { ...basics, env: { BUCKET: output(bucket), URL: `s3://${output(bucket)}/${output('in')}` } }),
    }),
  });
  await engine.settled();
  expect(find(engine.registered, 'shop/Function/default/upload')?.['spec']).toMatchObject({ env: { BUCKET: 'uploads-4711', URL: 's3://uploads-4711/in' } });
});

it('an image that is known only once it is pushed is run by its reference', async () => {
  const engine = await mockEngine();
  const { bucket: repository } = new Bucket('registry.example.com/shop');
  new FunctionStackComponent('shop', {
    define: (stack, { output }) => ({ app: fib.Function.fromImage(stack, 'app', { image: `${output(repository)}:1` }) }),
  });
  await engine.settled();
  expect(find(engine.registered, 'shop/Function/default/app')?.['spec']).toMatchObject({ container: { image: 'registry.example.com/shop-4711:1' } });
});

it('an unknown Output touches one object at preview', async () => {
  const previewed = async (value: (bucket: Bucket) => pulumi.Input<string>) => {
    const engine = await mockEngine({ preview: true });
    const bucket = new Bucket('uploads');
    new FunctionStackComponent('shop', {
      define: (stack, { output }) => {
        const upload = new fib.Function(stack, 'upload', { ...basics, env: { BUCKET: output(value(bucket)) } });
        new fib.Function(stack, 'list', basics);
        new fib.HttpTrigger(stack, 'upload-http', { function: upload, path: '/upload' });
        return {};
      },
    });
    await engine.settled();
    return engine.registered;
  };
  const known = await previewed(() => 'uploads-4711');
  const unknown = await previewed(({ bucket }) => bucket);
  const changed = unknown.filter(({ name, inputs }) => JSON.stringify(inputs) !== JSON.stringify(known.find((one) => one.name === name)?.inputs));
  expect(unknown.map(({ name }) => name).sort()).toEqual(known.map(({ name }) => name).sort());
  expect(changed.map(({ name }) => name)).toEqual(['shop/Function/default/upload']);
});

it('a secret goes into a Secret, and stays one', async () => {
  const engine = await mockEngine();
  const component = new FunctionStackComponent('shop', {
    define: (stack, { output }) => {
      const key = output(pulumi.secret('hunter2'));
      new ApiObject(stack, 'stripe', { apiVersion: 'v1', kind: 'Secret', stringData: { key } });
      return {};
    },
  });
  await engine.settled();
  const secret = component.manifest.resources.get('Secret/default/stripe') as unknown as { stringData: pulumi.Output<object> };
  expect(await valueOf(secret.stringData)).toEqual({ key: 'hunter2' });
  expect(await pulumi.isSecret(secret.stringData)).toBe(true);
});

it('URLs come out, of functions and of the platform', async () => {
  await mockEngine();
  const { bucket: host } = new Bucket('example');
  const platform = new FibonacciPlatform('fibonacci', { functionNamespaces: ['shop'], exposure: { ingress: { hosts: [host], tlsSecret: 'tls' } } });
  const { functions } = new FunctionStackComponent('shop', {
    platform,
    namespace: 'shop',
    define: (stack) => {
      const greet = new fib.Function(stack, 'greet', { ...basics, access: 'public' });
      const own = new fib.Function(stack, 'own', basics);
      new fib.HttpTrigger(stack, 'greet-http', { function: greet, path: '/greet' });
      return { greet, own };
    },
  });
  expect(await valueOf(pulumi.output(platform.endpoints))).toEqual({
    gateway: 'https://example-4711',
    internal: 'http://fibonacci-gateway.fibonacci-system.svc',
    admin: 'http://fibonacci-gateway-admin.fibonacci-system.svc:8081',
  });
  expect(await valueOf(functions.greet.url)).toBe('http://fibonacci-gateway.fibonacci-system.svc/greet');
  expect(await valueOf(functions.greet.publicUrl)).toBe('https://example-4711/greet');
  expect(() => functions.own.url).toThrow(/shop\/own has no URL, as it has no HTTP trigger: add an HttpTrigger/);
  expect(() => functions.own.publicUrl).toThrow(/its access is internal/);
});

it('the gateway of a load balancer is at the address that the cloud gave it, and unknown before', async () => {
  const gatewayOf = () => new FibonacciPlatform('fibonacci', { exposure: { service: { type: 'LoadBalancer' } } }).endpoints.gateway;
  const engine = await mockEngine();
  expect(await valueOf(gatewayOf())).toBe('http://[2001:db8::7]');
  await engine.settled();
  await mockEngine({ preview: true });
  expect(await (gatewayOf() as unknown as { isKnown: Promise<boolean> }).isKnown).toBe(false);
});

it('props are checked by the construct’s own schema, with the path of the field', async () => {
  await mockEngine();
  expect(() => new FibonacciPlatform('fibonacci', { gateway: { replicas: 0 } })).toThrow(/gateway.replicas: 0 must be >= 1/);
});

it('code that Pulumi cannot bring is refused: an Output in it, or too much for a ConfigMap', async () => {
  await mockEngine();
  const { bucket } = new Bucket('uploads');
  const stackOf = (code: (text: string) => string) => () =>
    new FunctionStackComponent('shop', {
      define: (stack, { output }) => ({ a: new fib.Function(stack, 'a', { ...basics, code: fib.Code.fromInline(code(output(bucket))) }) }),
    });
  expect(stackOf((text) => `export const bucket = '${text}';`)).toThrow(/shop\/a: its code holds an Output; give the value as an environment variable/);
  expect(stackOf(() => `export {}; // ${'x'.repeat(70_000)}`)).toThrow(/shop\/a: its code takes 69 KiB.*fib deploy/);
});

it('an Output of another component is told, as is one that was put into text without `output`', async () => {
  await mockEngine();
  const { bucket } = new Bucket('uploads');
  let kept = '';
  new FunctionStackComponent('one', { define: (_, { output }) => ((kept = output(bucket)), {}) });
  const stackWith = (value: string) => () =>
    new FunctionStackComponent('two', { define: (stack) => ({ a: new fib.Function(stack, 'a', { ...basics, env: { BUCKET: value } }) }) });
  expect(stackWith(kept)).toThrow(/Function\/default\/a.spec.env.BUCKET: the Output was given to another component/);
  expect(stackWith(`s3://${bucket}`)).toThrow(/spec.env.BUCKET is a Pulumi Output; .*write output\(…\) around it/);
});

it('an Output that stands for a whole value needs no `output`, where types let it', async () => {
  const engine = await mockEngine();
  const { bucket } = new Bucket('uploads');
  new FunctionStackComponent('shop', {
    define: (stack) => (new ApiObject(stack, 'names', { apiVersion: 'v1', kind: 'ConfigMap', data: { bucket } }), {}),
  });
  await engine.settled();
  expect(find(engine.registered, 'shop/ConfigMap/default/names')?.['data']).toEqual({ bucket: 'uploads-4711' });
});

it('an Output in a stack file is an error of synthesis with the way out', async () => {
  await mockEngine();
  const { bucket } = new Bucket('uploads');
  const stackWith = (value: string) => () =>
    synthesizeStack(fib.defineStack((app) => void new fib.Function(new fib.FunctionStack(app, 'shop'), 'a', { ...basics, env: { BUCKET: value } })));
  for (const value of [bucket as unknown as string, `s3://${bucket}`]) {
    expect(stackWith(value)).toThrow(
      expect.objectContaining({
        code: 'OUTPUT_UNRESOLVED',
        message: expect.stringMatching(/shop\/a: spec.env.BUCKET is a Pulumi Output.*FunctionStackComponent.*`config`/),
      }),
    );
  }
});

it.each<[string, (text: pulumi.Output<string>) => FibonacciPlatformArgs, RegExp]>([
  ['the namespace', (text) => ({ namespace: text }), /the name of this Namespace is an Output; .*`pulumi.Config`/],
  ['a namespace of functions', (text) => ({ functionNamespaces: [text] }), /the namespace of this Role is an Output; .*`pulumi.Config`/],
  ['a CIDR', (text) => ({ cluster: { apiServerCidrs: [text] } }), /cluster.apiServerCidrs: an Output is no CIDR.*\n.*`pulumi.Config`/],
  [
    'a URL',
    (text) => ({ artifacts: { s3: { endpoint: text, bucket: 'packages', credentials: { secret: 's3-keys' } } } }),
    /artifacts.s3.endpoint: an Output .*\n.*`pulumi.Config`/,
  ],
])('an Output where it must be known is told, with the way out: %s of a platform', async (_, args, message) => {
  const engine = await mockEngine();
  const { bucket } = new Bucket('network');
  expect(() => new FibonacciPlatform('fibonacci', args(bucket))).toThrow(
    expect.objectContaining({ code: 'OUTPUT_UNRESOLVED', message: expect.stringMatching(message) }),
  );
  await engine.settled();
  expect(engine.registered.map(({ name }) => name)).toEqual(['network']);
});

it('an Output as the name of an object is told', async () => {
  await mockEngine();
  const { bucket } = new Bucket('uploads');
  const define = (stack: fib.FunctionStack, { output }: DefineContext) => {
    new ApiObject(stack, 'keys', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: output(bucket) } });
    return {};
  };
  expect(() => new FunctionStackComponent('shop', { define })).toThrow(/shop\/keys: the name of this ConfigMap is an Output/);
});
