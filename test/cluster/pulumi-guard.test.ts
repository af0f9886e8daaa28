import { afterAll, beforeAll, expect, test } from 'vitest';
import * as fib from '../../constructs/index.ts';
import { synthesizeStack } from '../../constructs/loader.ts';
import { destroyGuard, ManifestComponent } from '../../stacks/index.ts';
import { clusterFolders } from './machine/folders.ts';
import { createPulumiWorld, manifestOf, namespaceObject, type PulumiWorld } from './pulumi/world.ts';

let world: PulumiWorld;
beforeAll(async () => void (world = await createPulumiWorld()), 900_000);
afterAll(async () => world?.close());

test('a platform is destroyed with --run-program alone, not while others have Functions, and then leaves nothing', async () => {
  const [namespace, others] = [world.namespaceName(), await world.namespace()];
  const { kubeconfig } = clusterFolders();
  const functions = `/apis/fibonacci.dev/v1alpha1/namespaces/${others}/functions`;
  await world.client.request('POST', functions, { body: functionIn(others) });
  const manifest = manifestOf(
    namespaceObject(namespace),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace }, data: { a: '1' } },
    { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'fibonacci-gateway', namespace }, spec: { minAvailable: 1 } },
  );
  // The other tests of this cluster have Functions, too.
  const isOwn = (id: string) => !id.startsWith(`Function/${others}/`);
  const stack = await world.engine.stack(`guard-${namespace}`, async () => {
    new ManifestComponent('platform', { ...manifest, guard: destroyGuard('platform', isOwn, { kubeconfig }) });
  });
  const { create } = await stack.up();
  await expect(stack.destroy()).rejects.toThrow(/--run-program/);
  await expect(stack.destroy({ runProgram: true })).rejects.toThrow(
    new RegExp(
      `Functions of others, which would go with the platform: ${others}/theirs \\(stack shop\\); remove those first. Nothing of the platform was deleted`,
    ),
  );
  expect(await world.read('configmaps', namespace, 'settings')).toMatchObject({ data: { a: '1' } });

  await world.client.request('DELETE', `${functions}/theirs`);
  expect(await stack.destroy({ runProgram: true })).toMatchObject({ delete: create });
  await expect(world.read('namespaces', namespace)).rejects.toMatchObject({ status: 404 });
});

test('a platform whose first `up` came no further than its CRDs keeps those while others have Functions', async () => {
  const others = await world.namespace();
  const { kubeconfig } = clusterFolders();
  const functions = `/apis/fibonacci.dev/v1alpha1/namespaces/${others}/functions`;
  await world.client.request('POST', functions, { body: functionIn(others) });
  const crd = `${others}.fibonacci.dev`;
  const isOwn = (id: string) => !id.startsWith(`Function/${others}/`);
  const stack = await world.engine.stack(`begun-${others}`, async () => {
    new ManifestComponent('platform', { ...manifestOf(crdOf(others)), guard: destroyGuard('platform', isOwn, { kubeconfig }) });
  });
  await stack.up();
  await expect(stack.destroy({ runProgram: true })).rejects.toThrow(new RegExp(`${others}/theirs \\(stack shop\\); remove those first. Their CRDs stay`));
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd}`;
  expect(await world.client.request('GET', path)).not.toHaveProperty('metadata.deletionTimestamp');

  await world.client.request('DELETE', `${functions}/theirs`);
  await stack.destroy({ runProgram: true });
  await expect(world.client.request('GET', path)).rejects.toMatchObject({ status: 404 });
});

/** One of our group that no other test has. */
function crdOf(plural: string) {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const names = { plural, kind: `Kind${plural.replaceAll(/[^a-z0-9]/g, '')}` };
  const spec = { group: 'fibonacci.dev', scope: 'Namespaced', names, versions: [{ name: 'v1', served: true, storage: true, schema }] };
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.fibonacci.dev` }, spec };
}

function functionIn(namespace: string): object | undefined {
  const { objects } = synthesizeStack(
    fib.defineStack((app) => {
      const stack = new fib.FunctionStack(app, 'shop', { namespace });
      new fib.Function(stack, 'theirs', {
        runtime: fib.Runtime.NODEJS,
        handler: 'index.handler',
        code: fib.Code.fromInline('export const handler = () => 1;'),
      });
    }),
  );
  return objects.find(({ object }) => object.kind === 'Function')?.object;
}
