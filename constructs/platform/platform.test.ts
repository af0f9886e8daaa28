import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject } from 'cdk8s';
import { expect, test } from 'vitest';
import { IMAGE_NAMES } from '../../protocol/images.ts';
import * as fib from '../index.ts';
import { synthesizeStack } from '../loader.ts';
import { newStack, synthPlatform } from './fixtures/synth-platform.ts';

type Props = Record<string, unknown>;

const idsOf = (objects: ReturnType<typeof synthPlatform>['all'], tree: string) => objects.filter((one) => one.tree === tree).map(({ id }) => id);

test('what the platform needs and what runs on it are two trees, and both have what is applied first in front', () => {
  const { all } = synthPlatform({}, (app) => newStack(app, 'shop', 'retail'));
  expect(idsOf(all, 'functions')).toEqual([expect.stringMatching(/^ConfigMap\/retail\/pkg-/), 'Function/retail/greet']);
  const phases = all.filter(({ tree }) => tree === 'platform').map(({ phase }) => phase);
  expect([...new Set(phases)]).toEqual(['crd', 'namespace', 'rbac', 'config', 'workload']);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
});

test.each<[string, fib.PlatformProps, readonly string[], readonly string[]]>([
  ['those of the app’s stacks', {}, ['mail', 'retail'], ['fibonacci-system', 'mail', 'retail']],
  [
    'those that it names',
    { functionNamespaces: ['mail', { name: 'retail', create: false }, 'default'] },
    ['mail', 'retail', 'default'],
    ['fibonacci-system', 'mail'],
  ],
  ['with its own one of another name', { namespace: 'faas' }, ['mail', 'retail'], ['faas', 'mail', 'retail']],
])('namespaces of functions: %s', (_, props, functions, made) => {
  const platform = synthPlatform(props, (app) => {
    newStack(app, 'shop', 'retail');
    newStack(app, 'post', 'mail');
  });
  expect(platform.ofKind('Namespace').map(({ metadata }) => metadata.name)).toEqual(made);
  for (const kind of ['ServiceAccount', 'Role', 'RoleBinding', 'NetworkPolicy']) {
    const places = platform.ofKind(kind).map(({ metadata }) => metadata.namespace as string);
    expect(functions.filter((namespace) => !places.includes(namespace))).toEqual([]);
  }
  for (const part of ['fibonacci-gateway', 'fibonacci-scaler']) {
    const { env } = platform.pods().get(part).spec.containers[0];
    expect(env.find(({ name }: { name: string }) => name === 'FIB_NAMESPACES').value).toBe(functions.join(','));
  }
});

test('an app without stacks has functions in namespace default, which is there already', () => {
  const platform = synthPlatform();
  expect(platform.ofKind('Namespace').map(({ metadata }) => metadata.name)).toEqual(['fibonacci-system']);
  expect(platform.get('ServiceAccount/default/fibonacci-function')).toBeDefined();
});

test('namespaces that it makes refuse pods that are not restricted, and go with no deployment', () => {
  const platform = synthPlatform({}, (app) => newStack(app, 'shop', 'retail'));
  for (const { metadata } of platform.ofKind('Namespace')) {
    expect(metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    expect(metadata.labels).not.toHaveProperty(['fibonacci.dev/stack']);
  }
  for (const { metadata } of platform.ofKind('CustomResourceDefinition')) expect(metadata.labels).toEqual({ 'app.kubernetes.io/part-of': 'fibonacci' });
});

test('a namespace that a stack declares by itself is used as it is, in front of what the platform has in it', () => {
  const platform = synthPlatform({}, (app) => {
    const { chart } = newStack(app, 'shop', 'retail') as fib.Function & { chart: fib.FunctionStack };
    new ApiObject(chart, 'namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'retail', labels: { team: 'shop' } } });
  });
  expect(platform.ofKind('Namespace').map(({ metadata }) => [metadata.name, metadata.labels?.['team']])).toEqual([
    ['fibonacci-system', undefined],
    ['retail', 'shop'],
  ]);
});

test('functions call each other inside of the cluster, unless another URL is given', () => {
  const define = fib.defineStack((app) => {
    new fib.Platform(app, 'fibonacci', { namespace: 'faas' });
    const greet = newStack(app, 'shop', 'retail');
    new fib.HttpTrigger(greet.node.scope as fib.FunctionStack, 'http', { function: greet, path: '/greet' });
    greet.addEnv('SELF', greet.url);
  });
  const self = (options: object) => synthesizeStack(define, options).objects.find(({ id }) => id === 'Function/retail/greet')?.object['spec'];
  expect(self({})).toMatchObject({ env: { SELF: 'http://fibonacci-gateway.faas.svc/greet' } });
  expect(self({ gatewayUrl: 'https://example.test' })).toMatchObject({ env: { SELF: 'https://example.test/greet' } });
});

test('for a laptop nothing of it is there, also where its lock of images is not', () => {
  const define = fib.defineStack((app) => {
    new fib.Platform(app, 'fibonacci', { images: { lock: './nowhere.json' } });
    newStack(app, 'shop', 'retail');
  });
  expect(synthesizeStack(define, { target: 'local' }).objects.map(({ id }) => id)).toEqual(['Function/retail/greet']);
  expect(() => synthesizeStack(define)).toThrow(/images\.lock names .*nowhere\.json, which cannot be read \(ENOENT\): write it with `npm run images -- --push/);
});

test('images by lock run exactly what was pushed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fib-lock-'));
  try {
    const images = Object.fromEntries(IMAGE_NAMES.map((name) => [name, `registry.test/fibonacci-${name}@sha256:${'a'.repeat(64)}`]));
    const lock = { registry: 'registry.test', version: '1', images } as Exclude<fib.PlatformImages['lock'], string | undefined>;
    writeFileSync(join(folder, 'images.lock.json'), JSON.stringify(lock));
    for (const given of [lock, join(folder, 'images.lock.json')]) {
      const platform = synthPlatform({ images: { lock: given } });
      expect(platform.pods().get('fibonacci-gateway').spec.containers[0].image).toBe(images['gateway']);
      expect(platform.get('ConfigMap/fibonacci-system/fibonacci-workloads').data['workloads.json']).toContain(images['python']);
    }
    writeFileSync(join(folder, 'images.lock.json'), JSON.stringify({ ...lock, images: { ...images, scaler: undefined } }));
    expect(() => synthPlatform({ images: { lock: join(folder, 'images.lock.json') } })).toThrow(/images\.scaler must be <repository>@sha256/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const S3 = { endpoint: 'https://s3.example.com', bucket: 'packages', credentials: { secret: 's3-keys' } };

test.each<[string, Props, RegExp]>([
  ['an unknown prop', { replcas: 2 }, /replcas: unknown field/],
  ['an unknown prop inside', { gateway: { replcas: 2 } }, /gateway\.replcas: unknown field; did you mean replicas\?/],
  ['no object', null as never, /takes an object of props, not null/],
  ['a namespace that is none', { namespace: 'Fibonacci' }, /namespace: "Fibonacci" /],
  ['a namespace twice', { functionNamespaces: ['a', { name: 'a' }] }, /functionNamespaces\[1\]: "a" is there twice/],
  [
    'functions in its own namespace',
    { functionNamespaces: ['fibonacci-system'] },
    /functionNamespaces\[0\]: "fibonacci-system" is the platform's own namespace/,
  ],
  ['no namespace at all', { functionNamespaces: [] }, /functionNamespaces: \[\] /],
  ['namespaces that are no list', { functionNamespaces: 'a' }, /functionNamespaces: "a" /],
  ['a number as a namespace', { functionNamespaces: [1] }, /functionNamespaces\[0\]: 1 /],
  ['no replicas', { scaler: { replicas: 0 } }, /scaler\.replicas: 0 /],
  ['replicas as text', { gateway: { replicas: '2' } }, /gateway\.replicas: "2" /],
  ['processor time that is none', { gateway: { resources: { cpuLimit: 'two' } } }, /gateway\.resources\.cpuLimit: "two" /],
  ['memory as a number', { gateway: { resources: { memory: 512 } } }, /gateway\.resources\.memory: 512 /],
  ['a bad CIDR', { cluster: { apiServerCidrs: ['10.0.0.1'] } }, /cluster\.apiServerCidrs: "10\.0\.0\.1" is no CIDR: write it as 10\.0\.0\.0\/8/],
  ['a CIDR of too many bits', { cluster: { dns: { cidrs: ['10.0.0.1/33'] } } }, /cluster\.dns\.cidrs: "10\.0\.0\.1\/33" is no CIDR/],
  ['a CIDR with a rest', { functions: { egress: [{ cidr: '10.0.0.0/8/8' }] } }, /functions\.egress\[0\]\.cidr: .* is no CIDR/],
  ['an API server nowhere', { cluster: { apiServerCidrs: [] } }, /cluster\.apiServerCidrs: \[\] /],
  ['egress to nothing', { functions: { egress: [{ ports: [1] }] } }, /functions\.egress\[0\]: give either cidr or namespace/],
  ['egress to two things', { functions: { egress: [{ cidr: '::/0', namespace: 'a' }] } }, /functions\.egress\[0\]: give either cidr or namespace/],
  ['exceptions without a CIDR', { functions: { egress: [{ namespace: 'a', except: [] }] } }, /functions\.egress\[0\]\.except: is for cidr alone/],
  ['a bucket without credentials', { artifacts: { s3: { endpoint: 'https://s3', bucket: 'abc' } } }, /artifacts\.s3\.credentials: is required/],
  ['a key in clear', { artifacts: { s3: { ...S3, credentials: { secretAccessKey: 'x' } } } }, /artifacts\.s3\.credentials\.secretAccessKey: unknown field/],
  ['an endpoint that is none', { artifacts: { s3: { ...S3, endpoint: 's3.example.com' } } }, /artifacts\.s3\.endpoint: "s3\.example\.com" /],
  ['a prefix that leads elsewhere', { artifacts: { s3: { ...S3, prefix: 'fib/../other/' } } }, /artifacts\.s3\.prefix: /],
  ['an endpoint with a key', { artifacts: { s3: { ...S3, endpoint: 'https://key:secret@s3' } } }, /artifacts\.s3\.endpoint: /],
  ['a class for no volume', { artifacts: { s3: S3, storageClass: 'fast' } }, /artifacts\.storageClass: is for a volume, and with s3 there is none/],
  ['a disk that no package fits', { artifacts: { s3: S3, storage: fib.Size.mebibytes(64) } }, /artifacts\.storage: "64Mi" must be 128Mi or more/],
  ['dots before a host', { artifacts: { s3: { ...S3, bucket: 'a.b', pathStyle: false } } }, /artifacts\.s3\.bucket: "a\.b" cannot stand before a host name/],
  ['egress of a bucket to nothing', { artifacts: { s3: { ...S3, egress: [{}] } } }, /artifacts\.s3\.egress\[0\]: give either cidr or namespace/],
  ['two ways to expose it', { exposure: { ingress: {}, service: { type: 'NodePort' } } }, /exposure: ingress and service are both given/],
  [
    'a type of Service that exposes nothing',
    { exposure: { service: { type: 'ClusterIP' } } },
    /exposure\.service\.type: "ClusterIP" is not one of "LoadBalancer", "NodePort"/,
  ],
  ['a host that is none', { exposure: { ingress: { hosts: ['https://a.b'] } } }, /exposure\.ingress\.hosts\[0\]: /],
  ['a tag beside a lock', { images: { tag: '1', lock: 'x' } }, /images: images\.tag \("1"\) and images\.lock are both given/],
  ['a lock without an image', { images: { lock: { registry: 'a', version: '1', images: {} } } }, /images\.lock\.images\.gateway: is required/],
  [
    'bundled servers beside an operator',
    { monitoring: { prometheus: {}, operator: { prometheusUrl: 'http://p', alertmanagerUrl: 'http://a', namespace: 'm' } } },
    /monitoring: operator stands for/,
  ],
  ['an operator without URLs', { monitoring: { operator: { namespace: 'm' } } }, /monitoring\.operator\.prometheusUrl: is required/],
  [
    'a transform that is no function',
    { transform: { 'Deployment/fibonacci-gateway': { spec: {} } } },
    /transform\.Deployment\/fibonacci-gateway: .* must be a function/,
  ],
  ['transforms that are no object', { transform: 'x' }, /transform: "x" must be an object of functions/],
  ['a level of logs that is none', { logLevel: 'loud' }, /logLevel: "loud" is not one of/],
])('%s is refused at once, with its path', (_, props, message) => {
  const make = () =>
    synthesizeStack(
      fib.defineStack((app) => void new fib.Platform(app, 'fibonacci', props as fib.PlatformProps)),
      { target: 'local' },
    );
  expect(make).toThrow(message);
  expect(make).toThrow(expect.objectContaining({ code: 'SPEC_INVALID' }) as Error);
});

test('all that is wrong with the props is told together', () => {
  expect(() => synthPlatform({ namespace: 'A', logLevel: 'loud', scaler: { replicas: 0 } } as never)).toThrow(
    /namespace: [^]*scaler\.replicas: [^]*logLevel: /,
  );
});

test.each<[string, (app: Parameters<fib.DefineStack>[0]) => void, RegExp]>([
  ['two platforms', (app) => void new fib.Platform(app, 'other'), /other: the app has a Platform already, fibonacci; one app makes one platform/],
  [
    'a stack in the platform’s namespace',
    (app) => void newStack(app, 'shop', 'fibonacci-system'),
    /fibonacci: the FunctionStack shop is in fibonacci-system, the platform's own namespace/,
  ],
])('%s are refused', (_, build, message) => {
  expect(() => synthPlatform({}, build)).toThrow(message);
});

test('a stack that the platform would not see is refused', () => {
  const make = () => synthPlatform({ functionNamespaces: ['mail'] }, (app) => newStack(app, 'shop', 'retail'));
  expect(make).toThrow(/the FunctionStack shop is in namespace retail, which functionNamespaces does not name: add it there/);
});

test('a package that no ConfigMap holds needs an artifact service, where the app says what the platform has', () => {
  const large = (app: Parameters<fib.DefineStack>[0]) => {
    const stack = new fib.FunctionStack(app, 'shop', { namespace: 'retail' });
    new fib.Function(stack, 'large', { runtime: 'nodejs', handler: 'index.handler', code: fib.Code.fromInline(`//${' '.repeat(65_536)}`) });
  };
  expect(() => synthPlatform({}, large)).toThrow(/shop\/large: its package has 655\d\d bytes, and a ConfigMap takes 65536: .*artifacts: \{\}/);
  expect(synthPlatform({ artifacts: {} }, large).get('Function/retail/large')).toBeDefined();
});

test('a gateway that ends waits for as long as any request may take, or synthesis says so', () => {
  const make = (seconds: number) => () => synthPlatform({ gateway: { drainTimeout: fib.Duration.seconds(seconds) } }, (app) => newStack(app, 'shop', 'retail'));
  expect(make(59)).toThrow(
    /shop\/greet: a request may take 60000 ms \(activationTimeout 30s and timeout 30s\), and a gateway that ends waits for 59000 ms: raise gateway\.drainTimeout/,
  );
  expect(make(60)).not.toThrow();
});

test('any object can be changed, by its kind and name', () => {
  const { get } = synthPlatform(
    {
      transform: {
        'Deployment/fibonacci-gateway': (deployment) => {
          deployment.spec.template.spec.priorityClassName = 'high';
        },
        'Role/retail/fibonacci-scaler': (role) => ({ ...role, metadata: { ...role.metadata, annotations: { a: 'b' } } }),
        'Namespace/retail': (namespace) => {
          namespace.metadata.labels['made'] = `${namespace.metadata.labels['made'] ?? ''}once`;
        },
      },
    },
    (app) => newStack(app, 'shop', 'retail'),
  );
  expect(get('Deployment/fibonacci-system/fibonacci-gateway').spec.template.spec.priorityClassName).toBe('high');
  expect(get('Role/retail/fibonacci-scaler').metadata.annotations).toEqual({ a: 'b' });
  expect(get('Namespace/retail').metadata.labels['made']).toBe('once');
  expect(() => synthPlatform({ transform: { 'Deployment/fibonacci-gatway': () => undefined } })).toThrow(
    /transform\.Deployment\/fibonacci-gatway: the platform has no such object; did you mean Deployment\/fibonacci-gateway\?/,
  );
});

test('the same app gives the same objects each time it is synthesized', () => {
  const define = fib.defineStack((app) => {
    new fib.Platform(app, 'fibonacci');
    newStack(app, 'shop', 'retail');
  });
  expect(JSON.stringify(synthesizeStack(define).objects)).toBe(JSON.stringify(synthesizeStack(define).objects));
});
