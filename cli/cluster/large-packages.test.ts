import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { duplexPair } from 'node:stream';
import { expect, it, vi } from 'vitest';
import type { SynthObject } from '../../constructs/synth/object.ts';
import { packageConfigMapName, DIGEST_ANNOTATION } from '../../protocol/package-config-map.ts';
import type { Cluster } from './cluster.ts';
import { findLargePackages, uploadPackages } from './large-packages.ts';
import { connectPod } from './pod-connection.ts';

vi.mock('./pod-connection.ts');
vi.mock('./platform-state.ts', () => ({
  podsOfPart: () => [{ metadata: { name: 'artifacts-0' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } }],
  readInternalToken: () => 'internal',
}));
const connect = vi.mocked(connectPod);

const [SMALL, LARGE] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`];
const packages = new Map([
  [SMALL, Buffer.from('small')],
  [LARGE, Buffer.from('large')],
]);
const synth = (object: SynthObject['object'], path = 'shop'): SynthObject => ({
  id: `${object.kind}/${object.metadata.namespace}/${object.metadata.name}`,
  path,
  object,
  phase: 'resource',
  tree: 'functions',
  deps: [],
});
const fn = (name: string, digest: string) =>
  synth(
    { apiVersion: 'fibonacci.dev/v1alpha1', kind: 'Function', metadata: { name, namespace: 'shop' }, spec: { package: { digest, size: 5 } } },
    `shop/${name}`,
  );
const configMap = synth({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: packageConfigMapName(SMALL), namespace: 'shop', annotations: { [DIGEST_ANNOTATION]: SMALL } },
});

it('code goes to the artifact service where no ConfigMap holds it, once however many functions have it', () => {
  const objects = [configMap, fn('a', SMALL), fn('b', LARGE), fn('c', LARGE)];
  expect(findLargePackages({ objects, packages }).map(({ digest }) => digest)).toEqual([LARGE]);
});

it('a deployment lets the artifact service say whether it has a package whole, and sends it otherwise', async () => {
  const present = new Set<string>();
  const asked: string[] = [];
  const take = (request: IncomingMessage, response: ServerResponse) => {
    const path = String(request.url);
    asked.push(`${request.method} ${path.slice(-2)} ${request.headers.authorization}`);
    if (path.endsWith('3')) return void response.writeHead(503).end(JSON.stringify({ code: 'ARTIFACTS_UNAVAILABLE', message: 'no bucket' }));
    if (present.has(path)) return void response.end('{}');
    response.writeContinue();
    request.resume().once('end', () => void response.writeHead(201).end(String(present.add(path).size)));
  };
  const server = createServer().on('checkContinue', take).on('request', take);
  connect.mockImplementation(() => {
    const [near, far] = duplexPair();
    server.emit('connection', far);
    return Promise.resolve(near);
  });
  const large = (digest: string) => ({ digest, bytes: Buffer.alloc(100_000), path: 'shop/a' });
  const upload = (digest: string) => uploadPackages({} as Cluster, 'system', [large(digest)], 0);
  expect([await upload(LARGE), await upload(LARGE)]).toEqual([[LARGE], []]);
  expect(asked).toEqual(['PUT 22 Bearer internal', 'PUT 22 Bearer internal']);
  await expect(upload(`sha256:${'3'.repeat(64)}`)).rejects.toMatchObject({
    code: 'CLUSTER_REFUSED',
    message: expect.stringMatching(/^shop\/a: the artifact service took no package sha256:3+: 503 ARTIFACTS_UNAVAILABLE: no bucket$/),
  });
});
