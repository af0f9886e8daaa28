import { expect, it } from 'vitest';
import type { KubernetesObject } from '../constructs/synth/object.ts';
import { foreignProblem } from './destroy-guard.ts';

const fn = (name: string, stack?: string): KubernetesObject => ({
  apiVersion: 'fibonacci.dev/v1alpha1',
  kind: 'Function',
  metadata: { name, namespace: 'shop', ...(stack !== undefined && { labels: { 'fibonacci.dev/stack': stack } }) },
});
const own = new Set(['Function/shop/greet']);
const problem = (...functions: KubernetesObject[]) => foreignProblem(functions, (id) => own.has(id));

it('a platform may go with its own Functions, or with none', () => {
  expect(problem()).toBeUndefined();
  expect(problem(fn('greet', 'shop'))).toBeUndefined();
});

it('it stays while others have Functions, and some of them are named', () => {
  expect(problem(fn('greet', 'shop'), fn('bill', 'billing'), fn('lost'))).toMatch(
    /shop\/bill \(stack billing\), shop\/lost \(stack unknown\); remove those first/,
  );
  expect(problem(...Array.from({ length: 9 }, (_, index) => fn(`f${index}`)))).toMatch(/shop\/f4 \(stack unknown\) and 4 more/);
});
