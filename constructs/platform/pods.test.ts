import { expect, test } from 'vitest';
import { parseConfig } from '../../kit/config.ts';
import { artifactsConfig, type ConfigSchema, gatewayConfig, scalerConfig } from '../../protocol/config.ts';
import { RUNTIMES } from '../../protocol/schema/fields.ts';
import { parseWorkloads } from '../../protocol/workloads.ts';
import * as fib from '../index.ts';
import { restrictedProblems } from './fixtures/restricted.ts';
import { newStack, synthPlatform } from './fixtures/synth-platform.ts';

const OPERATOR = { prometheusUrl: 'http://prometheus:9090', alertmanagerUrl: 'http://alertmanager:9093', namespace: 'monitoring' };
const S3 = { endpoint: 'https://s3.example.com', bucket: 'packages', credentials: { secret: 's3-keys' } };
const PLATFORMS: readonly [string, fib.PlatformProps][] = [
  ['as it comes', {}],
  ['with volumes', { monitoring: { prometheus: { storage: fib.Size.gibibytes(1) } } }],
  ['with an operator', { monitoring: { operator: OPERATOR } }],
  ['with an artifact service', { artifacts: {} }],
  ['with an artifact service on a bucket', { artifacts: { s3: S3 } }],
];

test.each(PLATFORMS)('%s, every pod keeps to the restricted Pod Security Standard', (_, props) => {
  const pods = synthPlatform(props).pods();
  expect([...pods].flatMap(([name, { spec }]) => restrictedProblems(spec).map((problem) => `${name}: ${problem}`))).toEqual([]);
  expect(pods.size).toBeGreaterThan(1);
});

test('the check of pods sees each thing that the standard forbids', () => {
  const { spec } = synthPlatform().pods().get('fibonacci-gateway');
  const [container] = spec.containers;
  const broken: [object, RegExp][] = [
    [{ hostNetwork: true }, /hostNetwork/],
    [{ volumes: [{ name: 'root', hostPath: { path: '/' } }] }, /volume root/],
    [{ securityContext: {} }, /may run as root/],
    [{ securityContext: {} }, /no seccomp profile/],
    [{ containers: [{ ...container, securityContext: { ...container.securityContext, privileged: true } }] }, /is privileged/],
    [{ containers: [{ ...container, securityContext: { ...container.securityContext, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } } }] }, /adds/],
    [{ containers: [{ ...container, securityContext: { ...container.securityContext, runAsUser: 0 } }] }, /runs as root/],
    [{ containers: [{ name: 'bare' }] }, /bare: may gain privileges/],
  ];
  for (const [change, problem] of broken) expect(restrictedProblems({ ...spec, ...change }).join('\n')).toMatch(problem);
});

test('no part is process 1, which no signal ends while it starts', () => {
  for (const { spec } of synthPlatform().pods().values()) expect(spec.shareProcessNamespace).toBe(true);
});

test('every container has a read-only root, bounded memory and processor time, and probes', () => {
  for (const { spec } of synthPlatform().pods().values()) {
    for (const { resources, securityContext, startupProbe, readinessProbe, livenessProbe } of spec.containers) {
      expect(securityContext.readOnlyRootFilesystem).toBe(true);
      expect(Object.keys({ ...resources.requests, ...resources.limits }).sort()).toEqual(['cpu', 'memory']);
      expect(resources.limits.memory).toBe(resources.requests.memory);
      expect([startupProbe, readinessProbe, livenessProbe].every((probe) => probe?.httpGet)).toBe(true);
    }
  }
});

test('gateway and scaler: two pods each, spread over zones and nodes, never fewer while they change, one evicted at a time', () => {
  const platform = synthPlatform();
  for (const part of ['fibonacci-gateway', 'fibonacci-scaler']) {
    const { spec } = platform.get(`Deployment/fibonacci-system/${part}`);
    expect(spec).toMatchObject({ replicas: 2, strategy: { rollingUpdate: { maxUnavailable: 0 } } });
    expect(spec.template.spec.topologySpreadConstraints.map(({ topologyKey }: { topologyKey: string }) => topologyKey)).toEqual([
      'topology.kubernetes.io/zone',
      'kubernetes.io/hostname',
    ]);
    const { selector, maxUnavailable } = platform.get(`PodDisruptionBudget/fibonacci-system/${part}`).spec;
    expect([selector, maxUnavailable]).toEqual([spec.selector, 1]);
  }
});

test('only what talks to the API server has a token of it, and pull secrets are everywhere', () => {
  const pods = synthPlatform({ images: { pullSecrets: ['registry'] } }).pods();
  const token = [...pods].filter(([, { spec }]) => spec.automountServiceAccountToken).map(([name]) => name);
  expect(token).toEqual(['fibonacci-gateway', 'fibonacci-scaler']);
  expect([...pods.values()].map(({ spec }) => spec.imagePullSecrets)).toEqual(Array(4).fill([{ name: 'registry' }]));
});

test.each([
  [undefined, 20 * 60],
  [fib.Duration.seconds(45), 45],
])('a gateway that ends has time for the drain (%s): the delay before it, what is under way, and closing', (drainTimeout, seconds) => {
  const { spec } = synthPlatform({ gateway: { ...(drainTimeout && { drainTimeout }) } })
    .pods()
    .get('fibonacci-gateway');
  const delayMs = Number(environmentOf(spec)['FIB_DRAIN_DELAY_MS']);
  expect(delayMs).toBeGreaterThan(0);
  expect(spec.terminationGracePeriodSeconds).toBe(delayMs / 1000 + seconds + 10);
});

test.each<[string, ConfigSchema]>([
  ['fibonacci-gateway', gatewayConfig],
  ['fibonacci-scaler', scalerConfig],
])('%s gets settings that it knows, and all that it needs in a cluster', (part, schema) => {
  const platform = synthPlatform({}, (app) => {
    newStack(app, 'shop', 'retail');
    newStack(app, 'mail', 'mail');
  });
  const environment = environmentOf(platform.pods().get(part).spec);
  const known = Object.values(schema).map(({ env }) => env);
  expect(Object.keys(environment).filter((name) => !known.includes(name.replace(/_FILE$/, '')) && !known.includes(name))).toEqual([]);
  // A file of the pod is no file here.
  const readable = Object.entries(environment).map(([name, value]) => (name === 'FIB_INTERNAL_TOKEN_FILE' ? ['FIB_INTERNAL_TOKEN', 'token'] : [name, value]));
  expect(parseConfig(schema, Object.fromEntries(readable))).toMatchObject({ world: 'kubernetes', namespaces: ['mail', 'retail'], host: '0.0.0.0' });
});

test('the artifact service: from the scaler’s image, with a folder on its volume and less than that to fill, and the scaler knows where it is', () => {
  const platform = synthPlatform({ artifacts: { storage: fib.Size.gibibytes(2), storageClass: 'fast' }, images: { tag: '9' } });
  const { template, volumeClaimTemplates } = platform.get('StatefulSet/fibonacci-system/fibonacci-artifacts').spec;
  const [{ image, command, volumeMounts }] = template.spec.containers;
  expect([image, command.at(-1)]).toEqual(['fibonacci-scaler:9', '/app/artifacts/main.js']);
  const environment = environmentOf(template.spec);
  const config = parseConfig(artifactsConfig, { ...environment, FIB_INTERNAL_TOKEN_FILE: undefined, FIB_INTERNAL_TOKEN: 'token' });
  expect(config).toMatchObject({ port: 8083, dir: volumeMounts.find(({ name }: { name: string }) => name === 'data').mountPath, host: '0.0.0.0' });
  expect(config.quotaMib).toBeLessThan(2048);
  expect(volumeClaimTemplates).toMatchObject([{ metadata: { name: 'data' }, spec: { storageClassName: 'fast', resources: { requests: { storage: '2Gi' } } } }]);
  expect(environmentOf(platform.pods().get('fibonacci-scaler').spec)['FIB_ARTIFACTS_URL']).toBe('http://fibonacci-artifacts.fibonacci-system.svc:8083');
  expect(platform.get('Service/fibonacci-system/fibonacci-artifacts').spec.ports).toMatchObject([{ port: 8083 }]);
});

test('the artifact service on a bucket: no volume, several pods, and the credentials as files of a Secret that no manifest holds', () => {
  const platform = synthPlatform({ artifacts: { s3: { ...S3, region: 'eu-1', prefix: 'fib/', pathStyle: false } } });
  expect(platform.ofKind('StatefulSet').map(({ metadata }) => metadata.name)).not.toContain('fibonacci-artifacts');
  const { replicas, template } = platform.get('Deployment/fibonacci-system/fibonacci-artifacts').spec;
  expect(replicas).toBe(2);
  expect(platform.get('PodDisruptionBudget/fibonacci-system/fibonacci-artifacts').spec.maxUnavailable).toBe(1);
  const { volumes, containers } = template.spec;
  expect(volumes.find(({ name }: { name: string }) => name === 'data')).toEqual({ name: 'data', emptyDir: { sizeLimit: '1Gi' } });
  expect(volumes.find(({ name }: { name: string }) => name === 'credentials').secret.secretName).toBe('s3-keys');
  const folder = containers[0].volumeMounts.find(({ name }: { name: string }) => name === 'credentials').mountPath;
  const { FIB_S3_ACCESS_KEY_ID_FILE, FIB_S3_SECRET_ACCESS_KEY_FILE, FIB_INTERNAL_TOKEN_FILE: _, ...environment } = environmentOf(template.spec);
  expect([FIB_S3_ACCESS_KEY_ID_FILE, FIB_S3_SECRET_ACCESS_KEY_FILE]).toEqual([`${folder}/accessKeyId`, `${folder}/secretAccessKey`]);
  expect(parseConfig(artifactsConfig, environment)).toMatchObject({
    s3Endpoint: 'https://s3.example.com',
    s3Bucket: 'packages',
    s3Region: 'eu-1',
    s3Prefix: 'fib/',
    s3PathStyle: 'off',
  });
  expect(environmentOf(platform.pods().get('fibonacci-scaler').spec)['FIB_ARTIFACTS_URL']).toBe('http://fibonacci-artifacts.fibonacci-system.svc:8083');
  expect(platform.ofKind('Secret')).toEqual([]);
});

test('an artifact service that does not start says why in the status of its pod', () => {
  for (const artifacts of [{}, { s3: S3 }])
    expect(synthPlatform({ artifacts }).pods().get('fibonacci-artifacts').spec.containers[0].terminationMessagePolicy).toBe('FallbackToLogsOnError');
});

test('each mounted file of a setting is there', () => {
  const platform = synthPlatform();
  const scaler = platform.pods().get('fibonacci-scaler').spec;
  expect(environmentOf(scaler)['FIB_WORKLOADS_FILE']).toBe(`${scaler.containers[0].volumeMounts[0].mountPath}/workloads.json`);
  expect(platform.get(`ConfigMap/fibonacci-system/${scaler.volumes[0].configMap.name}`).data).toHaveProperty(['workloads.json']);
  const gateway = platform.pods().get('fibonacci-gateway').spec;
  expect(environmentOf(gateway)['FIB_INTERNAL_TOKEN_FILE']).toBe(`${gateway.containers[0].volumeMounts[0].mountPath}/token`);
  expect(gateway.volumes).toEqual([{ name: 'internal', secret: { secretName: 'fibonacci-internal', defaultMode: 0o440 } }]);
});

test('the scaler reads what the props say of the pods of functions, and starts anew with other words', () => {
  const of = (scratch: fib.Size) =>
    synthPlatform({ images: { registry: 'registry.test/team', tag: '9', pullSecrets: ['a'], pullPolicy: 'Never' }, functions: { cpuLimit: '2', scratch } });
  const platform = of(fib.Size.mebibytes(64));
  expect(parseWorkloads(platform.get('ConfigMap/fibonacci-system/fibonacci-workloads').data['workloads.json'])).toEqual({
    images: Object.fromEntries(RUNTIMES.map((runtime) => [runtime, `registry.test/team/fibonacci-${runtime}:9`])),
    pullPolicy: 'Never',
    pullSecrets: ['a'],
    serviceAccount: 'fibonacci-function',
    cpuRequest: '50m',
    cpuLimit: '2',
    scratch: '64Mi',
    rackLabel: 'topology.fibonacci.dev/rack',
  });
  const annotations = [platform, of(fib.Size.mebibytes(65))].map((one) => one.pods().get('fibonacci-scaler').metadata.annotations);
  expect(annotations[0]).not.toEqual(annotations[1]);
});

function environmentOf(spec: {
  containers: { env: { name: string; value?: string; valueFrom?: { fieldRef: { fieldPath: string } } }[] }[];
}): Record<string, string> {
  return Object.fromEntries((spec.containers[0]?.env ?? []).map(({ name, value, valueFrom }) => [name, value ?? `the pod's ${valueFrom?.fieldRef.fieldPath}`]));
}

test('the platform’s own pods run where its placement says, and where it says nothing anywhere', () => {
  const placement: fib.Placement = {
    zones: ['a', 'b'],
    nodeSelector: { 'node.example.com/class': 'system' },
    tolerations: [{ key: 'system', operator: 'Exists' }],
    priorityClass: 'system-cluster-critical',
    spread: 'required',
  };
  const pods = [...synthPlatform({ placement, artifacts: {} }).pods().values()];
  expect(pods).toHaveLength(5);
  for (const { spec } of pods) {
    expect(spec).toMatchObject({ nodeSelector: placement.nodeSelector, tolerations: placement.tolerations, priorityClassName: 'system-cluster-critical' });
    expect(JSON.stringify(spec.affinity)).toContain('"topology.kubernetes.io/zone","operator":"In","values":["a","b"]');
    expect(spec.topologySpreadConstraints.map(({ whenUnsatisfiable }: { whenUnsatisfiable: string }) => whenUnsatisfiable)).toEqual([
      'DoNotSchedule',
      'ScheduleAnyway',
    ]);
    expect(restrictedProblems(spec)).toEqual([]);
  }
  const [anywhere] = synthPlatform().pods().values();
  expect(Object.keys(anywhere.spec).filter((field) => /affinity|nodeSelector|tolerations|ClassName/.test(field))).toEqual([]);
});

test('a placement of the platform is checked as that of a pool is', () => {
  expect(() => synthPlatform({ placement: { tolerations: [{}] } })).toThrow(/placement\.tolerations: a toleration without a key is for every taint/);
  expect(() => synthPlatform({ placement: { zone: ['a'] } as fib.Placement })).toThrow(/placement\.zone: unknown field; did you mean zones\?/);
});
