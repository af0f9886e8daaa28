import { App } from 'cdk8s';
import { expect, test } from 'vitest';
import type { PlatformError } from '../protocol/errors.ts';
import { sampleContainer } from '../protocol/schema/sample.ts';
import * as fib from './index.ts';
import { synthesizeApp } from './synth/synthesize.ts';

const image = 'shop/app:1';
const newStack = (app = new App()) => new fib.FunctionStack(app, 'shop', { namespace: 'retail' });
const specOf = (props: Partial<fib.ImageFunctionProps> = {}) => fib.Function.fromImage(newStack(), 'app', { image, ...props }).toJson().spec;

test('an image is all that it needs; the rest is as for code', () => {
  expect(specOf()).toEqual(sampleContainer().spec);
});

test('what is told of the container stands in its spec', () => {
  const digest = `registry.example.com/shop/app@sha256:${'0'.repeat(64)}`;
  const spec = specOf({
    image: digest,
    port: 3000,
    command: ['/app'],
    args: ['-v'],
    env: { REGION: 'eu' },
    deployment: fib.cold({ memory: fib.Size.gibibytes(1) }),
  });
  expect(spec).toMatchObject({
    runtime: 'container',
    container: { image: digest, port: 3000, command: ['/app'], args: ['-v'] },
    env: { REGION: 'eu' },
    deployment: { type: 'cold', memory: '1Gi' },
  });
});

test.each<[string, object, RegExp]>([
  ['props of code', { image, handler: 'index.handler' }, /handler: unknown field/],
  ['a misspelt prop', { image, ports: 80 }, /ports: unknown field; did you mean port\?/],
  ['an image that reads like an option', { image: '--privileged' }, /spec.container.image: "--privileged" must match pattern/],
  ['an image of nothing', { image: undefined }, /spec.container.image/],
  ['a port that is text', { image, port: '80' }, /spec.container.port: "80" must be integer/],
  ['PORT as a variable', { image, env: { PORT: '80' } }, /the variable PORT is refused for runtime container: it is container.port/],
])('%s are refused with the way out', (_name, props, message) => {
  expect(() => fib.Function.fromImage(newStack(), 'app', props as fib.ImageFunctionProps)).toThrow(
    expect.objectContaining({ code: 'SPEC_INVALID', message: expect.stringMatching(message) }),
  );
});

test('hot is refused with the reason', () => {
  const stack = newStack();
  const pool = new fib.PodPool(stack, 'web', { runtime: 'nodejs', min: 1, max: 2 });
  // @ts-expect-error -- a pool is for code
  const make = () => fib.Function.fromImage(stack, 'app', { image, deployment: fib.hot(pool) });
  expect(make).toThrow(/deployment hot is refused for runtime container: what waits in a pod pool is a watcher/);
});

function problemsOf(build: (stack: fib.FunctionStack, fn: fib.Function) => void): string {
  const app = new App();
  const stack = newStack(app);
  build(stack, fib.Function.fromImage(stack, 'app', { image }));
  try {
    synthesizeApp(app);
  } catch (error) {
    return (error as PlatformError).message;
  }
  return '';
}

test.each<[string, (stack: fib.FunctionStack, fn: fib.Function) => void, RegExp]>([
  [
    'cpu',
    (stack, fn) => fib.ScalingRule.cpu(stack, 'rule', { functions: [fn], targetMillicores: 500 }),
    /shop\/app is a container, whose cpu nobody measures: scale it by requestsPerSecond/,
  ],
  ['memory', (stack, fn) => fib.ScalingRule.memory(stack, 'rule', { functions: [fn] }), /shop\/app is a container, whose memory nobody measures/],
])('a rule by %s, which only a watcher measures, is refused', (_name, build, message) => {
  expect(problemsOf(build)).toMatch(message);
});

test('what gateways count scales it, and triggers lead to it', () => {
  const problems = problemsOf((stack, fn) => {
    fib.ScalingRule.requestsPerSecond(stack, 'rate', { functions: [fn], target: 50 });
    fib.ScalingRule.concurrency(stack, 'concurrency', { functions: [fn] });
    new fib.HttpTrigger(stack, 'http', { function: fn, path: '/app' });
  });
  expect(problems).toBe('');
});

test('it has no package, and its Secrets are read by its node alone', () => {
  const app = new App();
  const fn = fib.Function.fromImage(newStack(app), 'app', { image });
  fn.addSecret('TOKEN', fib.Secret.fromName('keys', { key: 'token' }));
  const { objects, packages } = synthesizeApp(app);
  expect(objects.map(({ id }) => id)).toEqual(['Function/retail/app']);
  expect(packages.size).toBe(0);
});
