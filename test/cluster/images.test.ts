import { createPrivateKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IMAGE_USER } from '../../protocol/images.ts';
import { RUNTIMES } from '../../protocol/schema/fields.ts';
import { createSigningKey, publicKeyOf } from '../../protocol/token.ts';
import { createPush } from '../contract/watcher/push.ts';
import { INSTANCE } from '../contract/watcher/watcher-process.ts';
import { loadTestImages } from './images/load.ts';
import { TEST_IMAGES } from './images/test-images.ts';
import { type Cluster, openCluster } from './machine/cluster.ts';

const NAMESPACE = 'images-test';
const signingKey = createSigningKey();

interface Case {
  readonly image: string;
  /** Another program of the image. */
  readonly command?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly port: number;
  readonly health: string;
  /** The one folder that it may write to. */
  readonly writable: string;
}

const watcher = {
  env: { FIB_INSTANCE: INSTANCE, FIB_PUBLIC_KEY: publicKeyOf(signingKey) },
  port: 8081,
  health: '/_/health',
  writable: '/scratch',
};
const common = { FIB_STORE_DIR: '/scratch/objects', FIB_INTERNAL_TOKEN: 'internal', FIB_HOST: '0.0.0.0' };

const CASES = {
  gateway: {
    image: TEST_IMAGES.gateway,
    env: { ...common, FIB_GATEWAY_ID: 'g', FIB_SCALER_URL: 'http://127.0.0.1:1' },
    port: 8081,
    health: '/_/health',
    writable: '/scratch',
  },
  scaler: {
    image: TEST_IMAGES.scaler,
    env: { ...common, FIB_STATE_DIR: '/scratch/state', FIB_PACKAGE_DIR: '/scratch/packages', FIB_RUNTIMES_DIR: '/scratch' },
    port: 8082,
    health: '/_/health',
    writable: '/scratch',
  },
  artifacts: {
    image: TEST_IMAGES.scaler,
    command: ['node', '/app/artifacts/main.js'],
    env: { FIB_HOST: '0.0.0.0', FIB_ARTIFACTS_DIR: '/packages', FIB_INTERNAL_TOKEN: 'internal' },
    port: 8083,
    health: '/_/ready',
    writable: '/packages',
  },
  nodejs: { ...watcher, image: TEST_IMAGES.nodejs },
  python: { ...watcher, image: TEST_IMAGES.python },
  java: { ...watcher, image: TEST_IMAGES.java },
  go: { ...watcher, image: TEST_IMAGES.go },
  prometheus: {
    image: TEST_IMAGES.prometheus,
    env: {},
    args: ['--config.file=/dev/null', '--storage.tsdb.path=/prometheus'],
    port: 9090,
    health: '/-/healthy',
    writable: '/prometheus',
  },
  alertmanager: {
    image: TEST_IMAGES.alertmanager,
    env: {},
    args: ['--config.file=/etc/alertmanager/alertmanager.yml', '--storage.path=/alertmanager', '--cluster.listen-address='],
    port: 9093,
    health: '/-/healthy',
    writable: '/alertmanager',
  },
} as const satisfies Readonly<Record<string, Case>>;
const NAMES = Object.keys(CASES) as (keyof typeof CASES)[];

/** As strict as pods can be: nothing but `writable` can be written to. */
function renderPod(name: keyof typeof CASES): object {
  const { image, command, env, args, port, health, writable }: Case = CASES[name];
  const config = name === 'alertmanager' ? [{ name: 'config', mountPath: '/etc/alertmanager' }] : [];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 5,
      restartPolicy: 'Never',
      securityContext: { runAsNonRoot: true, runAsUser: IMAGE_USER, runAsGroup: IMAGE_USER, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'main',
          image,
          ...(command && { command }),
          imagePullPolicy: 'IfNotPresent',
          env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
          ...(args && { args }),
          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
          readinessProbe: { httpGet: { path: health, port }, periodSeconds: 1, timeoutSeconds: 5 },
          volumeMounts: [{ name: 'writable', mountPath: writable }, ...config],
        },
      ],
      volumes: [{ name: 'writable', emptyDir: { sizeLimit: '64Mi' } }, ...(config.length > 0 ? [{ name: 'config', configMap: { name: 'alertmanager' } }] : [])],
    },
  };
}

describe('each program of the images, in a restricted namespace and on a read-only root', () => {
  let cluster: Cluster;
  const podUrl = async (name: string, port: number) => {
    const { status } = await cluster.get<{ status: { podIP: string } }>('pod', '-n', NAMESPACE, name);
    return `http://${status.podIP}:${port}`;
  };

  beforeAll(async () => {
    cluster = await openCluster();
    await loadTestImages(cluster);
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await cluster.kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found']);
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels } });
    const config = { 'alertmanager.yml': 'route: { receiver: none }\nreceivers: [{ name: none }]\n' };
    await cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'alertmanager', namespace: NAMESPACE }, data: config });
    await cluster.apply(...NAMES.map(renderPod));
  });
  afterAll(() => cluster.kubectl(['delete', 'namespace', NAMESPACE, '--wait=false']));

  it.each(NAMES)('%s starts and answers that it is well', async (name) => {
    await cluster.kubectl(['wait', 'pod', '-n', NAMESPACE, name, '--for=condition=Ready', '--timeout=100s']).catch(async (error: Error) => {
      throw new Error(`${error.message}\n${await cluster.kubectl(['logs', '-n', NAMESPACE, name])}`, { cause: error });
    });
    const { port, health } = CASES[name];
    expect((await fetch((await podUrl(name, port)) + health)).status).toBe(200);
  });

  it.each(['nodejs', 'python'] as const)('%s takes a function and runs it as that user', async (language) => {
    const code = {
      nodejs: { 'index.js': 'import os from "node:os";\nexport const handler = () => ({ uid: process.getuid(), home: os.homedir() });' },
      python: { 'main.py': 'import os\ndef handler(event, context):\n    return {"uid": os.getuid(), "home": os.path.expanduser("~")}\n' },
    };
    const push = createPush(
      'specialize',
      { package: { files: code[language] } },
      { language, fixture: 'own', signature: 'event', load: {} },
      createPrivateKey(signingKey),
    );
    const loaded = await fetch(`${await podUrl(language, 8081)}/_/specialize`, { method: 'POST', headers: push.headers, body: new Uint8Array(push.body) });
    expect([loaded.status, await loaded.text()]).toEqual([200, expect.any(String)]);
    const answer = await fetch(await podUrl(language, 8080));
    expect(await answer.json()).toEqual({ uid: IMAGE_USER, home: '/scratch' });
  });

  it.each(['gateway', 'scaler'] as const)('%s has neither a shell nor a package manager', async (name) => {
    for (const program of ['sh', 'npm']) {
      await expect(cluster.kubectl(['exec', '-n', NAMESPACE, name, '--', program, '--version'])).rejects.toThrow(/not found|no such file/);
    }
  });

  it.each(['gateway', 'scaler', 'artifacts', ...RUNTIMES] as const)('%s ends by itself on SIGTERM, within its grace', async (name) => {
    await cluster.kubectl(['delete', 'pod', '-n', NAMESPACE, name, '--grace-period=20', '--wait=false']);
    await cluster.kubectl(['wait', 'pod', '-n', NAMESPACE, name, '--for=delete', '--timeout=15s']);
  });
});
