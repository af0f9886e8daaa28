import { ApiObject } from 'cdk8s';
import { expect, test } from 'vitest';
import * as fib from '../index.ts';
import { synthesizeStack } from '../loader.ts';

const code = fib.Code.fromInline('export const handler = () => 1;');

/** `spec` of the budget of a function with these props; undefined where there is none. */
function budgetOf(props: Partial<fib.FunctionProps>, target: 'cluster' | 'local' = 'cluster'): unknown {
  const build: fib.DefineStack = (app) => {
    const stack = new fib.FunctionStack(app, 'shop', { namespace: 'retail' });
    new fib.Function(stack, 'greet', { runtime: 'nodejs', handler: 'index.handler', code, ...props });
  };
  const { objects } = synthesizeStack(fib.defineStack(build), { target });
  return objects.find(({ id }) => id === 'PodDisruptionBudget/retail/fibonacci-budget-greet')?.object['spec'];
}

const keeps = (minAvailable: number) => ({
  minAvailable,
  unhealthyPodEvictionPolicy: 'AlwaysAllow',
  selector: { matchLabels: { 'fibonacci.dev/function': 'greet' } },
});
const always = (minReplicas: number) => ({ scaling: { minReplicas } });

test.each([
  [0, undefined],
  [1, undefined],
  [2, keeps(1)],
  [3, keeps(1)],
  [10, keeps(5)],
])('of %i instances that always run half stay: a drain is never held up by a budget of all of them', (minReplicas, spec) => {
  expect(budgetOf(always(minReplicas))).toEqual(spec);
});

test('a function says itself how many stay, up to all but one', () => {
  expect(budgetOf({ ...always(4), minAvailable: 3 })).toEqual(keeps(3));
  expect(budgetOf({ ...always(4), minAvailable: 0 })).toBeUndefined();
});

test('a transform that lowers the instances lowers what stays', () => {
  const transform: fib.FunctionProps['transform'] = ({ spec }) => {
    spec.scaling.minReplicas = 2;
  };
  expect(budgetOf({ ...always(4), minAvailable: 3, transform })).toEqual(keeps(1));
});

test('one that the app declares itself takes the place of ours: a pod with two is never evicted', () => {
  const { objects } = synthesizeStack(
    fib.defineStack((app) => {
      const stack = new fib.FunctionStack(app, 'shop', { namespace: 'retail' });
      for (const name of ['greet', 'other']) new fib.Function(stack, name, { runtime: 'nodejs', handler: 'index.handler', code, ...always(2) });
      const spec = { maxUnavailable: 1, selector: { matchLabels: { 'fibonacci.dev/function': 'greet' } } };
      new ApiObject(stack, 'mine', { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', spec });
    }),
  );
  const budgets = objects.filter(({ object }) => object.kind === 'PodDisruptionBudget').map(({ object }) => object.metadata.name);
  expect(budgets.sort()).toEqual(['fibonacci-budget-other', 'mine']);
});

test('a laptop has no budgets', () => {
  expect(budgetOf(always(4), 'local')).toBeUndefined();
});

test.each([[4], [-1], [1.5]])('minAvailable of %d for four instances is refused', (minAvailable) => {
  expect(() => budgetOf({ ...always(4), minAvailable })).toThrow(
    `Function "greet": minAvailable (${minAvailable}) must be a whole number below scaling.minReplicas (4), or 0: with all of them kept, no node could be drained`,
  );
});
