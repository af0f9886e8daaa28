import { ApiObject, App } from 'cdk8s';
import { expect, test } from 'vitest';
import type { PlatformError } from '../protocol/errors.ts';
import { API_VERSION } from '../protocol/names.ts';
import * as fib from './index.ts';
import { synthesizeStack } from './loader.ts';
import type { KubernetesObject, SynthResult } from './synth/object.ts';

const props: fib.FunctionProps = { runtime: 'nodejs', handler: 'index.handler', code: fib.Code.fromInline('export const handler = () => 1;') };

/** What a stack with this in it comes to. */
function synth(build: (stack: fib.FunctionStack, app: App) => void, options: Parameters<typeof synthesizeStack>[1] = {}): SynthResult {
  return synthesizeStack(
    fib.defineStack((app) => build(new fib.FunctionStack(app, 'shop'), app)),
    options,
  );
}

function failure(build: (stack: fib.FunctionStack, app: App) => void): PlatformError {
  try {
    synth(build);
  } catch (error) {
    return error as PlatformError;
  }
  throw new Error('the stack was taken');
}

function object(result: SynthResult, id: string): KubernetesObject & { spec: Record<string, never> } {
  const found = result.objects.find((candidate) => candidate.id === id);
  if (!found) throw new Error(`no ${id} among ${result.objects.map((candidate) => candidate.id).join(', ')}`);
  return found.object as never;
}

const newFunction = (scope: fib.FunctionStack, id = 'hello', more: Partial<fib.FunctionProps> = {}) => new fib.Function(scope, id, { ...props, ...more });
const pools = (stack: fib.FunctionStack, runtime: fib.Runtime = 'nodejs') => new fib.PodPool(stack, 'pool', { runtime, min: 0, max: 1 });

test.each<[string, (stack: fib.FunctionStack, app: App) => void, RegExp]>([
  [
    'a duplicate function in one namespace from two stacks',
    (stack, app) => {
      newFunction(stack);
      newFunction(new fib.FunctionStack(app, 'other'));
    },
    /other\/hello: Function\/default\/hello is there twice: also at shop\/hello; give one of them another id or namespace/,
  ],
  [
    'a duplicate pool',
    (stack, app) => {
      pools(stack);
      pools(new fib.FunctionStack(app, 'other'));
    },
    /PodPool\/default\/pool is there twice/,
  ],
  [
    'a duplicate route',
    (stack) => {
      const fn = newFunction(stack);
      new fib.HttpTrigger(stack, 'a', { function: fn, path: '/hello' });
      new fib.HttpTrigger(stack, 'b', { function: fn, path: '/hello', methods: ['GET'] });
    },
    /shop\/b: the route \/hello \(prefix\) is claimed by shop\/a already; change the path, the host or the methods of one/,
  ],
  [
    'a trigger to a function of another namespace',
    (stack, app) => void new fib.HttpTrigger(new fib.FunctionStack(app, 'other', { namespace: 'elsewhere' }), 'a', { function: newFunction(stack), path: '/' }),
    /other\/a: shop\/hello is in namespace default, and this in elsewhere; put both into one namespace/,
  ],
  [
    'a trigger to a function of another app',
    (stack) => void new fib.TimerTrigger(stack, 'a', { function: newFunction(new fib.FunctionStack(new App(), 'far')), schedule: '* * * * *' }),
    /shop\/a: far\/hello is a function of another app; make it in this stack file/,
  ],
  [
    'a trigger, written as a plain object, to a function that is not there',
    (stack) =>
      void new ApiObject(stack, 'raw', {
        apiVersion: API_VERSION,
        kind: 'Trigger',
        metadata: { name: 'raw' },
        spec: { function: 'gone', http: { path: '/', match: 'prefix', methods: [] } },
      }),
    /shop\/raw: the Function default\/gone is not in this stack file; make it, or name another/,
  ],
  [
    'a rule, transformed to name a function that is not there',
    (stack) =>
      void fib.ScalingRule.cpu(stack, 'rule', {
        functions: [newFunction(stack)],
        targetMillicores: 100,
        transform: (rule) => void rule.spec.functions.push('gone'),
      }),
    /shop\/rule: the Function default\/gone is not in this stack file/,
  ],
  [
    'hot on a pool of another runtime',
    (stack) => void newFunction(stack, 'hello', { deployment: fib.hot(pools(stack, 'python')) }),
    /shop\/hello: hot\(shop\/pool\) holds python instances, and this function needs nodejs/,
  ],
  [
    'hot on a pool of another namespace',
    (stack, app) => void newFunction(stack, 'hello', { deployment: fib.hot(pools(new fib.FunctionStack(app, 'other', { namespace: 'elsewhere' }))) }),
    /hot\(other\/pool\) is in namespace elsewhere, and this function in default; use a pool of its namespace/,
  ],
  [
    'hot on a pool of another app',
    (stack) => void newFunction(stack, 'hello', { deployment: fib.hot(pools(new fib.FunctionStack(new App(), 'far'))) }),
    /hot\(far\/pool\) is a pool of another app/,
  ],
  [
    'the url of a function without an HTTP trigger',
    (stack) => void newFunction(stack, 'caller', { env: { URL: newFunction(stack).url } }),
    /shop\/caller: uses the url of shop\/hello, which has no HTTP trigger in this stack file; add an HttpTrigger/,
  ],
  [
    'a circle of dependencies',
    (stack) => {
      const [a, b] = [newFunction(stack, 'a'), newFunction(stack, 'b')];
      a.addDependency(b);
      b.addDependency(a);
    },
    /depends on shop\/a, which depends on it; remove one of the two/,
  ],
  [
    'a dependency on another app',
    (stack) => newFunction(stack).addDependency(newFunction(new fib.FunctionStack(new App(), 'far'))),
    /depends on far\/hello, which is not in this app/,
  ],
  [
    'a transform that breaks the object',
    (stack) => void newFunction(stack, 'hello', { transform: (fn) => void Object.assign(fn.spec, { replicas: 3 }) }),
    /shop\/hello: spec.replicas: unknown field/,
  ],
])('%s is a problem with its construct path and the way out', (_, build, message) => {
  expect(failure(build).message).toMatch(message);
});

test('all problems are told at once, each with its path', () => {
  const error = failure((stack) => {
    const fn = newFunction(stack, 'no-code', { code: fib.Code.fromDirectory('./nowhere') });
    new fib.HttpTrigger(stack, 'a', { function: fn, path: '/x' });
    new fib.HttpTrigger(stack, 'b', { function: fn, path: '/x' });
    newFunction(stack, 'caller', { env: { URL: newFunction(stack).url } });
  });
  expect(error.code).toBe('STACK_INVALID');
  const problems = error.details['problems'] as { path: string; code: string }[];
  expect(problems.map(({ path, code }) => [path, code]).sort()).toEqual([
    ['shop/b', 'STACK_INVALID'],
    ['shop/caller', 'STACK_INVALID'],
    ['shop/no-code', 'CODE_INVALID'],
  ]);
  expect(error.message).toContain('3 problems');
});

test('an error of one kind keeps its code, and the sources to watch for the correction', () => {
  const error = failure((stack) => void newFunction(stack, 'hello', { code: fib.Code.fromDirectory('/nowhere') }));
  expect(error.code).toBe('CODE_INVALID');
  expect(error.details['sources']).toEqual(['/nowhere']);
});

test.each<[string, (stack: fib.FunctionStack) => unknown, string, RegExp]>([
  [
    'text for a function',
    (stack) => new fib.HttpTrigger(stack, 'a', { function: 'hello' as never, path: '/' }),
    'SPEC_INVALID',
    /function \("hello"\) must be a Function of this stack file/,
  ],
  [
    'a misspelt prop of a trigger',
    (stack) => new fib.HttpTrigger(stack, 'a', { function: newFunction(stack), pth: '/' } as never),
    'SPEC_INVALID',
    /HttpTrigger "a" is not valid:\n\s+pth: unknown field; did you mean path\?/,
  ],
  [
    'a path that is not canonical',
    (stack) => new fib.HttpTrigger(stack, 'a', { function: newFunction(stack), path: '/a/' }),
    'SPEC_INVALID',
    /shop\/a: spec.http.path: "\/a\/" must match pattern/,
  ],
  [
    'a pool of min over max',
    (stack) => new fib.PodPool(stack, 'p', { runtime: 'nodejs', min: 3, max: 2 }),
    'SPEC_INVALID',
    /min \(3\) must not exceed max \(2\)/,
  ],
  [
    'a schedule of four fields',
    (stack) => new fib.TimerTrigger(stack, 't', { function: newFunction(stack), schedule: '* * * *' }),
    'SPEC_INVALID',
    /"\* \* \* \*" has 4 fields: write five/,
  ],
  [
    'a schedule with a minute 61',
    (stack) => new fib.TimerTrigger(stack, 't', { function: newFunction(stack), schedule: '61 * * * *' }),
    'SPEC_INVALID',
    /"61 \* \* \* \*" is not a schedule/,
  ],
  [
    'a schedule that never comes',
    (stack) => new fib.TimerTrigger(stack, 't', { function: newFunction(stack), schedule: '0 0 30 2 *' }),
    'SPEC_INVALID',
    /never comes due/,
  ],
  [
    'a time zone that is none',
    (stack) => new fib.TimerTrigger(stack, 't', { function: newFunction(stack), schedule: '* * * * *', timeZone: 'Mars/Base' }),
    'SPEC_INVALID',
    /"Mars\/Base" is not a time zone/,
  ],
  [
    'PromQL that does not parse',
    (stack) =>
      fib.ScalingRule.custom(stack, 'r', { functions: [newFunction(stack)], promql: 'sum by (function_name) (\n  rate(function_invoke_total[10s])\n/ 50' }),
    'PROMQL_INVALID',
    /shop\/r: the expression ends too early\n\s+\/ 50\n\s+\^/,
  ],
  [
    'PromQL with a wrong token',
    (stack) => fib.ScalingRule.custom(stack, 'r', { functions: [newFunction(stack)], promql: 'sum(a) !! 3' }),
    'PROMQL_INVALID',
    /unexpected "!" at character 8\n\s+sum\(a\) !! 3\n {11}\^/,
  ],
  ['a rule for no function', (stack) => fib.ScalingRule.cpu(stack, 'r', { functions: [], targetMillicores: 1 }), 'SPEC_INVALID', /spec.functions: \[\]/],
  [
    'a rate that is none',
    (stack) => fib.ScalingRule.requestsPerSecond(stack, 'r', { functions: [newFunction(stack)], target: 0 }),
    'SPEC_INVALID',
    /target \(0\) must be a whole number/,
  ],
  [
    'a duration rule without a Duration',
    (stack) => fib.ScalingRule.duration(stack, 'r', { functions: [newFunction(stack)] } as never),
    'SPEC_INVALID',
    /target \(undefined\) must be a Duration/,
  ],
  [
    'a prop of another rule',
    (stack) => fib.ScalingRule.failures(stack, 'r', { functions: [newFunction(stack)], target: 1 } as never),
    'SPEC_INVALID',
    /target: unknown field/,
  ],
])('%s fails where it is written', (_, build, code, message) => {
  const error = failure((stack) => void build(stack));
  expect(error.message).toMatch(message);
  expect(error.code).toBe(code);
});

test.each<[string, (stack: fib.FunctionStack, functions: fib.Function[]) => fib.ScalingRule, object]>([
  [
    'requestsPerSecond',
    (stack, functions) => fib.ScalingRule.requestsPerSecond(stack, 'r', { functions, target: 50 }),
    { requestsPerSecond: { utilizationPercent: 85 } },
  ],
  ['concurrency', (stack, functions) => fib.ScalingRule.concurrency(stack, 'r', { functions }), { concurrency: { utilizationPercent: 70 } }],
  ['cpu', (stack, functions) => fib.ScalingRule.cpu(stack, 'r', { functions, targetMillicores: 250 }), { cpu: { targetMillicores: 250 } }],
  ['memory', (stack, functions) => fib.ScalingRule.memory(stack, 'r', { functions, utilizationPercent: 60 }), { memory: { utilizationPercent: 60 } }],
  [
    'duration',
    (stack, functions) => fib.ScalingRule.duration(stack, 'r', { functions, target: fib.Duration.milliseconds(200) }),
    { duration: { target: '200ms' } },
  ],
  ['timeouts', (stack, functions) => fib.ScalingRule.timeouts(stack, 'r', { functions, maxPercent: 5 }), { timeouts: { maxPercent: 5 } }],
  ['failures', (stack, functions) => fib.ScalingRule.failures(stack, 'r', { functions }), { failures: { maxPercent: 1 } }],
  [
    'custom',
    (stack, functions) =>
      fib.ScalingRule.custom(stack, 'r', { functions, promql: 'sum by (function_name) (rate(function_invoke_total{code="200",rate="50"}[10s]))/50/0.85' }),
    { custom: { promql: expect.any(String) as string } },
  ],
])('ScalingRule.%s is rendered with its functions and defaults', (_, make, metric) => {
  const result = synth((stack) => void make(stack, [newFunction(stack, 'a'), newFunction(stack, 'b')]));
  expect(object(result, 'ScalingRule/default/r').spec).toEqual({ functions: ['a', 'b'], ...metric });
});

test('requestsPerSecond rates its functions, and two rates contradict', () => {
  const result = synth((stack) => void fib.ScalingRule.requestsPerSecond(stack, 'r', { functions: [newFunction(stack)], target: 50 }));
  expect(object(result, 'Function/default/hello').spec['scaling']).toMatchObject({ targetRate: 50 });
  const error = failure((stack) => {
    const functions = [newFunction(stack)];
    fib.ScalingRule.requestsPerSecond(stack, 'a', { functions, target: 50 });
    fib.ScalingRule.requestsPerSecond(stack, 'b', { functions, target: 60 });
  });
  expect(error.message).toContain('shop/b rates an instance of shop/hello at 60 requests a second, and it is rated at 50 already');
});

test('routes that differ in host, match or methods stand beside each other', () => {
  const result = synth((stack) => {
    const fn = newFunction(stack);
    new fib.HttpTrigger(stack, 'get', { function: fn, path: '/a', methods: ['GET'] });
    new fib.HttpTrigger(stack, 'post', { function: fn, path: '/a', methods: ['POST'] });
    new fib.HttpTrigger(stack, 'exact', { function: fn, path: '/a', match: 'exact' });
    new fib.HttpTrigger(stack, 'host', { function: fn, path: '/a', host: 'shop.example' });
  });
  expect(result.objects.filter(({ object: { kind } }) => kind === 'Trigger')).toHaveLength(4);
});

test('fn.url is the gateway’s URL of the first HTTP trigger, also inside of longer text and in other objects', () => {
  const result = synth(
    (stack) => {
      const fn = newFunction(stack);
      new fib.HttpTrigger(stack, 'first', { function: fn, path: '/one' });
      new fib.HttpTrigger(stack, 'second', { function: fn, path: '/two' });
      newFunction(stack, 'caller', { env: { URL: fn.url, BOTH: `${fn.url}/a,${fn.url}/b` } });
      new ApiObject(stack, 'settings', { apiVersion: 'v1', kind: 'ConfigMap', data: { url: fn.url } });
    },
    { gatewayUrl: 'http://127.0.0.1:9000/' },
  );
  expect(object(result, 'Function/default/caller').spec['env']).toEqual({
    URL: 'http://127.0.0.1:9000/one',
    BOTH: 'http://127.0.0.1:9000/one/a,http://127.0.0.1:9000/one/b',
  });
  expect(object(result, 'ConfigMap/default/settings')['data']).toEqual({ url: 'http://127.0.0.1:9000/one' });
});

test('the url of a function with a host or on the root path', () => {
  const result = synth((stack) => {
    const [a, b] = [newFunction(stack, 'a'), newFunction(stack, 'b')];
    new fib.HttpTrigger(stack, 'a-http', { function: a, path: '/' });
    new fib.HttpTrigger(stack, 'b-http', { function: b, path: '/b', host: 'shop.example' });
    newFunction(stack, 'caller', { env: { A: a.url, B: b.url } });
  });
  expect(object(result, 'Function/default/caller').spec['env']).toEqual({
    A: 'http://fibonacci-gateway.fibonacci-system.svc',
    B: 'http://shop.example/b',
  });
});

test('a timer carries its data as JSON text', () => {
  const result = synth((stack) => void new fib.TimerTrigger(stack, 't', { function: newFunction(stack), schedule: '*/10 * * * * *', data: { a: [1] } }));
  expect(object(result, 'Trigger/default/t').spec).toEqual({
    function: 'hello',
    timer: { schedule: '*/10 * * * * *', timeZone: 'UTC', missed: 'skip', data: '{"a":[1]}' },
  });
});

test('a stack is built at once', () => {
  expect(() => synthesizeStack(fib.defineStack((async () => {}) as never))).toThrow('defineStack was given an asynchronous function');
  expect(() => fib.defineStack('x' as never)).toThrow('defineStack takes a function');
});

test('a stack is told its environment and configuration', () => {
  const seen: unknown[] = [];
  const stack = fib.defineStack((_, context) => void seen.push(context));
  synthesizeStack(stack);
  synthesizeStack(stack, { env: 'production', config: { zone: 'a' } });
  expect(seen).toEqual([
    { env: 'dev', config: {} },
    { env: 'production', config: { zone: 'a' } },
  ]);
});
