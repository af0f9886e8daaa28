import { expect, test } from 'vitest';
import { restrictedProblems } from '../../constructs/platform/fixtures/restricted.ts';
import * as fib from '../../constructs/index.ts';
import { synthesizeStack } from '../../constructs/loader.ts';
import { expandWorkloads } from './expand.ts';

interface Rendered {
  readonly metadata: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly replicas?: number; readonly template: { readonly spec: { readonly containers: readonly [{ readonly image: string }] } } };
}

function expand(platform?: fib.PlatformProps): Rendered[] {
  const { objects } = synthesizeStack(
    fib.defineStack((app) => {
      if (platform) new fib.Platform(app, 'fibonacci', platform);
      const stack = new fib.FunctionStack(app, 'shop', { namespace: 'retail' });
      const pool = new fib.PodPool(stack, 'pool', { runtime: 'nodejs', min: 1, max: 2 });
      const code = fib.Code.fromInline('exports.handler = () => 1;');
      new fib.Function(stack, 'hot', { runtime: 'nodejs', handler: 'index.handler', code, deployment: fib.hot(pool) });
      fib.Function.fromImage(stack, 'own', { image: 'shop/app:1' });
      new fib.Function(stack, 'cold', { runtime: 'python', handler: 'main.handler', code: fib.Code.fromInline('handler = print'), deployment: fib.cold() });
    }),
  );
  return expandWorkloads(objects) as unknown as Rendered[];
}

test('a Deployment for each pool and each cold function, without replicas', () => {
  const rendered = expand();
  expect(rendered.map(({ metadata: { namespace, labels } }) => [namespace, labels['fibonacci.dev/pool'], labels['fibonacci.dev/cold']])).toEqual([
    ['retail', 'pool', undefined],
    ['retail', undefined, 'cold'],
    ['retail', undefined, 'own'],
  ]);
  expect(rendered.map(({ spec }) => spec.replicas)).toEqual([undefined, undefined, undefined]);
});

test('of the images that the app’s Platform names, or of those that it would; a container is of its own', () => {
  const images = (rendered: readonly Rendered[]) => rendered.map(({ spec }) => spec.template.spec.containers[0].image);
  expect(images(expand({ images: { registry: 'registry.test', tag: '9' } }))).toEqual([
    'registry.test/fibonacci-nodejs:9',
    'registry.test/fibonacci-python:9',
    'shop/app:1',
  ]);
  expect(images(expand())).toEqual([expect.stringMatching(/^fibonacci-nodejs:\d/), expect.stringMatching(/^fibonacci-python:\d/), 'shop/app:1']);
});

test('their pods keep to the restricted Pod Security Standard, which the namespaces of functions enforce', () => {
  expect(expand().flatMap(({ spec }) => restrictedProblems(spec.template.spec))).toEqual([]);
});
