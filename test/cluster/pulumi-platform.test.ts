import { App } from 'cdk8s';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import * as fib from '../../constructs/index.ts';
import { Platform } from '../../constructs/platform/platform.ts';
import { synthesizeApp } from '../../constructs/synth/synthesize.ts';
import { GATEWAY_PUBLIC_SERVICE } from '../../protocol/cluster-names.ts';
import { FunctionStackComponent, ManifestComponent } from '../../stacks/index.ts';
import { eventually } from './eventually.ts';
import { loadTestImages } from './images/load.ts';
import { TEST_IMAGES } from './images/test-images.ts';
import { type Cluster, openCluster } from './machine/cluster.ts';
import { createPulumiWorld, type PulumiWorld } from './pulumi/world.ts';

let cluster: Cluster;
let world: PulumiWorld;
beforeAll(async () => {
  cluster = await openCluster();
  await loadTestImages(cluster);
  world = await createPulumiWorld();
}, 900_000);
afterAll(async () => world?.close());

test('a platform comes up with its functions, which serve; what it writes itself is no change; nothing is left of it', async () => {
  const [system, namespace] = [world.namespaceName(), world.namespaceName()];
  const objects = platformObjects(system, namespace);
  const stack = await world.engine.stack('platform', async () => {
    const platform = new ManifestComponent('fibonacci', { objects });
    const define = (functions: fib.FunctionStack) => {
      const code = fib.Code.fromInline(`exports.handler = () => 'from ${namespace}';`);
      const hello = new fib.Function(functions, 'hello', { runtime: fib.Runtime.NODEJS, handler: 'index.handler', code, access: 'public' });
      new fib.HttpTrigger(functions, 'hello-http', { function: hello, path: '/hello' });
      return { hello };
    };
    const shop = new FunctionStackComponent('shop', { namespace, systemNamespace: system, define }, { dependsOn: platform });
    return { url: shop.functions.hello.url };
  });
  // Some of it is in no namespace.
  onTestFailed(async () => void (await stack.destroy()));
  // The platform's objects; package, Function and trigger; two manifests, one stack of functions, the program's own.
  const all = objects.length + 3 + 4;
  expect(await stack.preview({ kubeconfig: undefined })).toEqual({ create: all });

  expect(await stack.up()).toEqual({ create: all });
  expect(await stack.outputs()).toMatchObject({ url: { value: `http://fibonacci-gateway.${system}.svc/hello` } });
  const { spec } = await cluster.get<{ spec: { clusterIP: string } }>('service', GATEWAY_PUBLIC_SERVICE, '-n', system);
  const call = async () => (await fetch(`http://${spec.clusterIP}/hello`, { signal: AbortSignal.timeout(2_000) })).text();
  // The Function is Ready; the real provider would have waited for the gateway's Service, too.
  await eventually(
    async () => (await call()) === `from ${namespace}`,
    () => 'the function did not answer within a minute',
  );

  expect(await stack.up()).toEqual({ same: all });
  expect(await stack.destroy()).toEqual({ delete: all });
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects.map(({ object }) => object) });
  expect(await cluster.kubectl(['get', '--ignore-not-found', '-o', 'name', '-f', '-'], list)).toBe('');
}, 300_000);

/** All of a platform but the CRDs, which installations on one cluster share. */
function platformObjects(system: string, namespace: string) {
  const app = new App();
  const resources = { cpuRequest: '20m', memory: fib.Size.mebibytes(256) };
  new Platform(app, 'fibonacci', {
    namespace: system,
    functionNamespaces: [namespace],
    images: { registry: 'localhost', tag: 'test' },
    monitoring: { prometheus: { image: TEST_IMAGES.prometheus }, alertmanager: { image: TEST_IMAGES.alertmanager } },
    gateway: { replicas: 1, resources },
    scaler: { replicas: 1, resources },
    functions: { cpuRequest: '10m' },
    exposure: { service: { type: 'NodePort' } },
  });
  return synthesizeApp(app).objects.filter(({ phase }) => phase !== 'crd');
}
