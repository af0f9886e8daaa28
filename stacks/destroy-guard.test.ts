import * as pulumi from '@pulumi/pulumi';
import { expect, it } from 'vitest';
import type { KubernetesObject } from '../constructs/synth/object.ts';
import { foreignProblem } from './destroy-guard.ts';
import { Bucket, mockEngine } from './fixtures/mock-engine.ts';
import { knownCluster } from './known-cluster.ts';

const fn = (name: string, stack?: string): KubernetesObject => ({
  apiVersion: 'fibonacci.dev/v1alpha1',
  kind: 'Function',
  metadata: { name, namespace: 'shop', ...(stack !== undefined && { labels: { 'fibonacci.dev/stack': stack } }) },
});
const own = new Set(['Function/shop/greet']);
const budget = 'kubernetes:policy/v1:PodDisruptionBudget';
const problem = (...functions: KubernetesObject[]) => foreignProblem(functions, (id) => own.has(id), budget);

it('a platform may go with its own Functions, or with none', () => {
  expect(problem()).toBeUndefined();
  expect(problem(fn('greet', 'shop'))).toBeUndefined();
});

it('it stays while others have Functions, and some of them are named', () => {
  expect(problem(fn('greet', 'shop'), fn('bill', 'billing'), fn('lost'))).toMatch(
    /shop\/bill \(stack billing\), shop\/lost \(stack unknown\); remove those first. Nothing of the platform was deleted/,
  );
  expect(problem(...Array.from({ length: 9 }, (_, index) => fn(`f${index}`)))).toMatch(/shop\/f4 \(stack unknown\) and 4 more/);
});

it('where no more than the CRDs was there, the refusal says that they stay', () => {
  const crd = 'kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition';
  expect(foreignProblem([fn('bill', 'billing')], () => false, crd)).toMatch(/remove those first. Their CRDs stay$/);
});

it('the cluster may be an Output of another resource; one that is not there yet is told', async () => {
  await mockEngine();
  const cluster = () => ({ kubeconfig: pulumi.secret(new Bucket('eks').bucket), context: undefined });
  expect(await knownCluster(cluster())).toEqual({ kubeconfig: 'eks-4711' });
  await mockEngine({ preview: true });
  await expect(knownCluster(cluster())).rejects.toThrow(expect.objectContaining({ code: 'KUBECONFIG_INVALID' }));
});
