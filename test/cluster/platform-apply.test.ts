import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as fib from '../../constructs/index.ts';
import { synthesizeStack } from '../../constructs/loader.ts';
import type { KubernetesObject } from '../../constructs/synth/object.ts';
import { writeSynth } from '../../constructs/synth/write.ts';
import { createKubernetesClient } from '../../kit/kubernetes/client.ts';
import { renderRuleGroups, renderRulesFile } from '../../protocol/monitoring/rules.ts';
import { planScaling } from '../../protocol/monitoring/scaling-plan.ts';
import { encodePackage } from '../../protocol/package.ts';
import { type ConfigMapData, decodePackageData, renderPackageConfigMap } from '../../protocol/package-config-map.ts';
import { sampleFunction } from '../../protocol/schema/sample.ts';
import { createPrometheusRule } from '../../scaler/rules/rules-prometheus-rule.ts';
import { installForeignCrds, type ForeignCrds } from './apply-world/foreign-crds.ts';
import { INSTALL_LINES } from './install.ts';
import { type Cluster, openCluster } from './machine/cluster.ts';

const prefix = `apply-${randomBytes(3).toString('hex')}`;
const folder = mkdtempSync(join(tmpdir(), 'apply-'));
const made = new Set<string>();
let cluster: Cluster;
let foreign: ForeignCrds;

beforeAll(async () => {
  cluster = await openCluster();
  foreign = await installForeignCrds(cluster);
});
afterAll(async () => {
  if (made.size > 0) await cluster.kubectl(['delete', '--ignore-not-found', '--wait=false', ...made]);
  await foreign?.close();
  rmSync(folder, { recursive: true });
});

test('the guide shows the lines that tests install with', () => {
  const guide = readFileSync(new URL('../../docs/guide/kubernetes.md', import.meta.url), 'utf8');
  const lines = guide.split('\n').map((line) => line.replace('-k manifests/', '-k '));
  const places = INSTALL_LINES.map((line) => lines.indexOf(line));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
});

const OPERATOR = { prometheusUrl: 'http://prometheus.monitoring:9090', alertmanagerUrl: 'http://alertmanager.monitoring:9093', namespace: 'monitoring' };

// Nothing of it runs: nodes have no such images, and do not ask for them.
const PLATFORMS: Readonly<Record<string, fib.PlatformProps>> = {
  'as it comes': {},
  'with a Prometheus Operator and an HTTPRoute': {
    monitoring: { operator: { ...OPERATOR, labels: { release: 'main' } } },
    exposure: { httpRoute: { gateway: 'edge', gatewayNamespace: 'ingress', sectionName: 'https', hosts: ['functions.example.com'] } },
  },
  'with an Ingress, volumes, a bucket, narrow clusters and open functions': {
    exposure: { ingress: { hosts: ['functions.example.com'], className: 'nginx', tlsSecret: 'tls', annotations: { a: 'b' } } },
    monitoring: { prometheus: { storage: fib.Size.gibibytes(1), storageClass: 'fast' }, alertmanager: { storage: fib.Size.gibibytes(1) } },
    cluster: { apiServerCidrs: ['10.0.0.1/32', 'fd00::1/128'], dns: { cidrs: [], ports: [53, 5353] } },
    functions: {
      egress: [
        { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'], ports: [443] },
        { namespace: 'data', podLabels: { app: 'postgres' } },
      ],
    },
    gateway: { clients: ['web'], drainTimeout: fib.Duration.seconds(90) },
    images: { pullSecrets: ['registry'] },
    artifacts: { s3: { endpoint: 'https://s3.example.com', bucket: 'packages', prefix: 'fibonacci/', credentials: { secret: 's3-keys' } } },
  },
  'with an artifact service': { artifacts: { storage: fib.Size.gibibytes(1), storageClass: 'fast' } },
  'with a load balancer': { exposure: { service: { type: 'LoadBalancer', sourceRanges: ['203.0.113.0/24'], annotations: { a: 'b' } } } },
};

test.each(Object.entries(PLATFORMS))('%s, the API server takes every object of both trees as it stands', async (name, props) => {
  const id = `${prefix}-${Object.keys(PLATFORMS).indexOf(name)}`;
  const dir = join(folder, id);
  const objects = write(dir, id, { ...props, gateway: { ...props.gateway, replicas: 1 } });
  for (const line of INSTALL_LINES) await run(dir, line);
  // Applied again, strictly, nothing is different and nothing is in anyone's way.
  for (const tree of ['platform', 'functions']) {
    const text = await cluster.kubectl(['diff', '--server-side', '-k', join(dir, tree)]);
    expect(text).toBe('');
  }
  const functions = objects.filter(({ kind }) => kind === 'Function');
  expect(functions.map(({ metadata }) => metadata.name)).toEqual(['greet']);
});

test('with an operator the leader’s rules stand in the PrometheusRule, and a platform that is applied again leaves them there', async () => {
  const id = `${prefix}-rules`;
  const dir = join(folder, id);
  write(dir, id, { monitoring: { operator: OPERATOR }, gateway: { replicas: 1 }, scaler: { replicas: 1 } });
  await run(dir, INSTALL_LINES[0]);
  const client = await createKubernetesClient({ kubeconfig: cluster.kubeconfig });
  try {
    const target = createPrometheusRule({ client, namespace: `${id}-system` });
    const { groups } = parse(text()) as { groups: unknown };
    expect([await target.write(text()), await target.write(text())]).toEqual([true, false]);
    await run(dir, INSTALL_LINES[0]);
    const found = await cluster.get<{ spec: object; metadata: object }>('prometheusrule', 'fibonacci-rules', '-n', `${id}-system`);
    expect(found).toMatchObject({ spec: { groups }, metadata: { labels: { 'fibonacci.dev/stack': 'fibonacci' } } });
    await target.restore();
    expect((await cluster.get<{ spec: object }>('prometheusrule', 'fibonacci-rules', '-n', `${id}-system`)).spec).toEqual({ groups: [] });
  } finally {
    await client.close();
  }
  function text(): string {
    return renderRulesFile(renderRuleGroups(planScaling({ functions: [sampleFunction()], rules: [] })));
  }
});

const HOSTILE = {
  'on.txt': 'on\nyes: no\n0775\n',
  'trailing.txt': 'a  \n\n\n',
  'leading.txt': '\n  indented\n\ttab\n',
  'windows.txt': 'a\r\nb\r\n',
  'long.txt': `${'word '.repeat(400)}\n`,
  'unicode/ümlaut 😀.txt': '\ufeffBOM, \u2028 line, \u0085 next, 😀\n',
  'dashes.yaml': '---\n...\n# a: b\n- x\n',
  'crlf-free': 'no newline at the end',
  empty: '',
  'index.js': 'exports.handler = () => `${1}`;\n',
};

test('a package is the same byte for byte after YAML, kustomize, kubectl and the API server', async () => {
  const pack = encodePackage([
    ...Object.entries(HOSTILE).map(([path, text]) => ({ path, bytes: Buffer.from(text) })),
    { path: 'bytes.bin', bytes: Uint8Array.from({ length: 512 }, (_, index) => index % 256) },
  ]);
  const namespace = `${prefix}-package`;
  const dir = join(folder, 'package');
  const object = renderPackageConfigMap(pack, namespace, {}) as unknown as KubernetesObject;
  const metadata = { name: namespace };
  writeSynth(dir, {
    objects: [
      { id: 'a', path: 'a', object: { apiVersion: 'v1', kind: 'Namespace', metadata }, phase: 'namespace', tree: 'functions', deps: [] },
      { id: 'b', path: 'b', object, phase: 'config', tree: 'functions', deps: [] },
    ],
    packages: new Map(),
    sources: [],
    code: [],
    stacks: [],
    urls: new Map(),
  });
  made.add(`namespace/${namespace}`);
  await run(dir, INSTALL_LINES[2]);
  const found = await cluster.get<ConfigMapData>('configmap', object.metadata.name, '-n', namespace);
  expect(Buffer.from(decodePackageData(found, pack.digest).bytes).equals(pack.bytes)).toBe(true);
});

/** Both trees of an app with a platform and one stack. @returns all objects */
function write(dir: string, id: string, props: fib.PlatformProps): KubernetesObject[] {
  const result = synthesizeStack(
    fib.defineStack((app) => {
      new fib.Platform(app, 'fibonacci', { namespace: `${id}-system`, ...props, images: { pullPolicy: 'Never', ...props.images } });
      const stack = new fib.FunctionStack(app, 'shop', { namespace: id });
      const greet = new fib.Function(stack, 'greet', { runtime: 'nodejs', handler: 'index.handler', code: fib.Code.fromInline('exports.handler = () => 1;') });
      greet.addSecret('KEY', fib.Secret.fromName('stripe', { key: 'key' }));
      new fib.HttpTrigger(stack, 'greet-http', { function: greet, path: `/${id}` });
    }),
  );
  writeSynth(dir, result);
  const objects = result.objects.map(({ object }) => object);
  for (const { kind, metadata } of objects) if (/^(Namespace|ClusterRole|ClusterRoleBinding)$/.test(kind)) made.add(`${kind}/${metadata.name}`);
  return objects;
}

async function run(dir: string, line: string): Promise<void> {
  const [, ...args] = line.split(' ');
  await cluster.kubectl(args.map((arg, index) => (args[index - 1] === '-k' ? join(dir, arg) : arg)));
}
