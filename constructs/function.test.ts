import { App } from 'cdk8s';
import { expect, test } from 'vitest';
import { PlatformError } from '../protocol/errors.ts';
import { functionSpec } from '../protocol/schema/function.ts';
import { sampleFunction } from '../protocol/schema/sample.ts';
import * as fib from './index.ts';

const code = fib.Code.fromInline('export const handler = () => "hello";');
const props: fib.FunctionProps = { runtime: fib.Runtime.NODEJS, handler: 'index.handler', code };

function newStack(): fib.FunctionStack {
  return new fib.FunctionStack(new App(), 'shop');
}

function specOf(more: Partial<fib.FunctionProps> = {}): fib.FunctionProps & Record<string, unknown> {
  return new fib.Function(newStack(), 'hello', { ...props, ...more }).toJson().spec as never;
}

function errorOf(action: () => unknown): PlatformError {
  try {
    action();
  } catch (error) {
    if (error instanceof PlatformError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test('every field is explicit, with the default of the schema', () => {
  const spec = specOf();
  const { container: _container, ...fields } = functionSpec.properties;
  expect(Object.keys(spec).sort()).toEqual(Object.keys(fields).sort());
  expect({ ...spec, package: 'any' }).toEqual({ ...sampleFunction().spec, package: 'any' });
});

test('props are rendered as a spec writes them', () => {
  const spec = specOf({
    timeout: fib.Duration.seconds(90),
    activationTimeout: fib.Duration.milliseconds(1500),
    bodyLimit: fib.Size.kibibytes(64),
    scaling: { minReplicas: 1, maxReplicas: 2, idleTimeout: fib.Duration.minutes(5), stabilizationWindow: fib.Duration.seconds(1), targetRate: 7 },
    deployment: fib.cold({ memory: fib.Size.gibibytes(1) }),
  });
  expect(spec).toMatchObject({
    timeout: '90s',
    activationTimeout: '1500ms',
    bodyLimit: '64Ki',
    scaling: { minReplicas: 1, maxReplicas: 2, idleTimeout: '5m', stabilizationWindow: '1s', targetRate: 7 },
    deployment: { type: 'cold', memory: '1Gi' },
  });
});

test.each<[string, Record<string, unknown>, RegExp]>([
  ['a misspelt prop', { timeOut: fib.Duration.seconds(1) }, /timeOut: unknown field; did you mean timeout\?/],
  ['an unknown prop', { color: 'red' }, /color: unknown field; known are runtime, handler/],
  [
    'a misspelt prop of scaling',
    { scaling: { maxReplica: 3 } },
    /Function "hello": scaling is not valid:\n\s+maxReplica: unknown field; did you mean maxReplicas\?/,
  ],
  ['min over max', { scaling: { minReplicas: 5, maxReplicas: 3 } }, /shop\/hello: spec.scaling: minReplicas \(5\) must not exceed maxReplicas \(3\)/],
  ['a runtime that does not exist', { runtime: 'ruby' }, /spec.runtime: "ruby" is not one of "nodejs", "python"/],
  ['a handler without an export', { handler: 'index' }, /spec.handler: "index" must match pattern/],
  ['a signature of another runtime', { signature: 'wsgi' }, /signature wsgi does not exist for runtime nodejs/],
  ['a timeout over 15 minutes', { timeout: fib.Duration.hours(1) }, /timeout \(1h\) must be between 100ms and 15m/],
  ['text for a Duration', { timeout: '5s' }, /timeout \("5s"\) must be a Duration, such as Duration.seconds\(30\)/],
  ['text for a Size', { bodyLimit: '5Mi' }, /bodyLimit \("5Mi"\) must be a Size/],
  ['a path for Code', { code: './hello' }, /code \("\.\/hello"\) must be made with Code.fromDirectory/],
  ['text for a deployment', { deployment: 'hot' }, /deployment \("hot"\) must be hot\(pool\) or cold\(\)/],
  ['concurrency 0', { concurrency: 0 }, /spec.concurrency: 0 must be >= 1/],
  ['a bad name of a variable', { env: { 'MY-VAR': 'x' } }, /spec.env: the name "MY-VAR" must match pattern/],
])('%s is refused by the constructor, with the value and the way out', (_, more, message) => {
  const error = errorOf(() => new fib.Function(newStack(), 'hello', { ...props, ...more } as fib.FunctionProps));
  expect(error.code).toBe('SPEC_INVALID');
  expect(error.message).toMatch(message);
});

test('all problems of one function are told together', () => {
  const { message } = errorOf(() => new fib.Function(newStack(), 'hello', { ...props, concurrency: 0, queueLimit: 0 }));
  expect(message).toMatch(/2 problems[\s\S]*spec.concurrency[\s\S]*spec.queueLimit/);
});

test.each(['Hello', 'hello_world', '1st', '', 'a'.repeat(64)])('%j cannot be a function’s id, since it becomes its name', (id) => {
  expect(errorOf(() => new fib.Function(newStack(), id, props)).message).toContain('cannot be the id of a Function');
});

test('a function belongs into a FunctionStack', async () => {
  const { Chart } = await import('cdk8s');
  expect(errorOf(() => new fib.Function(new Chart(new App(), 'plain'), 'hello', props)).message).toContain('belongs into a FunctionStack');
});

test('two constructs of one id in a scope are refused with the way out', () => {
  const stack = newStack();
  new fib.Function(stack, 'hello', props);
  const error = errorOf(() => new fib.Function(stack, 'hello', props));
  expect(error.code).toBe('STACK_INVALID');
  expect(error.message).toContain('shop/hello: there is another construct with the id "hello" already');
});

test('addEnv adds a variable, once', () => {
  const fn = new fib.Function(newStack(), 'hello', { ...props, env: { A: '1' } });
  fn.addEnv('B', '2');
  expect(fn.toJson().spec.env).toEqual({ A: '1', B: '2' });
  expect(errorOf(() => fn.addEnv('A', '3')).message).toContain('shop/hello: the environment variable A is set already');
  expect(errorOf(() => fn.addEnv('a b', '3')).code).toBe('SPEC_INVALID');
});

test('addSecret names the secret and never a value', () => {
  const fn = new fib.Function(newStack(), 'hello', props);
  fn.addSecret('API_KEY', fib.Secret.fromName('stripe', { key: 'api-key' }));
  expect(fn.toJson().spec.secrets).toEqual([{ env: 'API_KEY', name: 'stripe', key: 'api-key' }]);
  expect(errorOf(() => fn.addEnv('API_KEY', 'x')).message).toContain('API_KEY is set already');
  expect(errorOf(() => fib.Secret.fromName('stripe', { keys: 'a' } as never)).message).toContain('did you mean key?');
});

test('transform changes the finished object, in place or by another', () => {
  const inPlace = new fib.Function(newStack(), 'hello', { ...props, transform: (object) => void (object.spec.queueLimit = 7) });
  expect(inPlace.toJson().spec.queueLimit).toBe(7);
  const replaced = new fib.Function(newStack(), 'hello', {
    ...props,
    transform: (object) => ({ ...object, metadata: { ...object.metadata, annotations: { team: 'shop' } } }),
  });
  expect(replaced.toJson().metadata.annotations).toEqual({ team: 'shop' });
});

test('the object carries the namespace, the labels of its stack and the stack’s name', () => {
  const stack = new fib.FunctionStack(new App(), 'shop', { namespace: 'retail', labels: { team: 'a' } });
  expect(new fib.Function(stack, 'hello', props).toJson().metadata).toEqual({
    name: 'hello',
    namespace: 'retail',
    labels: { team: 'a', 'fibonacci.dev/stack': 'shop' },
  });
});

test.each<[Record<string, unknown>, string]>([
  [{ namespce: 'x' }, 'did you mean namespace?'],
  [{ namespace: 'Retail' }, '"Retail" cannot be the namespace'],
])('FunctionStack refuses %j', (stackProps, message) => {
  expect(errorOf(() => new fib.FunctionStack(new App(), 'shop', stackProps)).message).toContain(message);
});

test('cold() refuses an unknown option', () => {
  expect(errorOf(() => fib.cold({ memroy: fib.Size.mebibytes(1) } as never)).message).toContain('did you mean memory?');
});

test('files stand beside the code, and a change of one is new content', () => {
  const packed = (files?: Readonly<Record<string, string>>) => {
    const stack = new fib.FunctionStack(new App(), 'demo');
    return new fib.Function(stack, 'a', { ...props, ...(files && { files }) }).toJson().spec.package?.digest;
  };
  expect(packed({ 'config/limits.json': '{"max":5}' })).not.toBe(packed());
  expect(packed({ 'config/limits.json': '{"max":5}' })).not.toBe(packed({ 'config/limits.json': '{"max":6}' }));
});

test.each([
  ['a path that leads out', { '../x': '' }, 'CODE_INVALID', /"\.\.\/x" cannot be packed/],
  ['the path of the code', { 'index.js': '' }, 'CODE_INVALID', /it is there twice/],
  ['a value that is no text', { 'a.json': { max: 5 } }, 'SPEC_INVALID', /files\["a\.json"\] .* must be a text; give a value as JSON\.stringify makes it/],
  ['a list', ['a'], 'SPEC_INVALID', /must map paths to texts/],
])('files with %s are refused', (_, files, code, message) => {
  const stack = new fib.FunctionStack(new App(), 'demo');
  const make = () => new fib.Function(stack, 'a', { ...props, files: files as unknown as Record<string, string> }).toJson();
  expect(make).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
});
