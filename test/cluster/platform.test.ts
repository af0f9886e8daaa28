import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as fib from '../../constructs/index.ts';
import { GATEWAY_ADMIN_SERVICE, GATEWAY_NAME, PLATFORM_PORTS, SCALER_NAME } from '../../protocol/cluster-names.ts';
import { ADMIN_PATHS } from '../../protocol/names.ts';
import { renderPackageConfigMap } from '../../protocol/package-config-map.ts';
import { functionObject, httpTrigger, packageOf } from '../contract/platform/objects.ts';
import { eventually } from './eventually.ts';
import { install, type Installed } from './install.ts';
import { readAccess } from './install-world/audit.ts';
import { CALLER, DIGEST_NODEJS, DIGEST_PYTHON, publicFunction, TICKS } from './install-world/functions.ts';
import { openWindow, type Window } from './install-world/window.ts';

/** From a cluster that has the images to a platform that is ready. */
const READY_MS = 60_000;
/** Rights that only what happens rarely asks for, each with what that is. */
const RARELY_USED: Readonly<Record<string, string>> = {
  'fibonacci-scaler delete deployments.apps': 'a Deployment has been empty for some minutes, such as that of a pool’s former memory',
  'fibonacci-scaler get pods': 'somebody else changed a pod while the scaler was about to',
};

function declare(stack: fib.FunctionStack): void {
  const pool = (name: string, runtime: fib.Runtime) => new fib.PodPool(stack, name, { runtime, min: 1, max: 8 });
  const node = fib.hot(pool('node', fib.Runtime.NODEJS));
  publicFunction({ stack, name: 'hot-node' }, { code: DIGEST_NODEJS, deployment: node });
  publicFunction({ stack, name: 'hot-python' }, { runtime: fib.Runtime.PYTHON, code: DIGEST_PYTHON, deployment: fib.hot(pool('python', fib.Runtime.PYTHON)) });
  publicFunction({ stack, name: 'on-its-own' }, { code: DIGEST_NODEJS, deployment: fib.cold() });
  publicFunction({ stack, name: 'caller' }, { code: CALLER, deployment: node });
  publicFunction({ stack, name: 'broken' }, { code: fib.Code.fromInline(`throw new Error('it does not load');`), deployment: node });
  const ticking = publicFunction({ stack, name: 'ticking' }, { code: TICKS, deployment: node, scaling: { maxReplicas: 1 } });
  new fib.TimerTrigger(stack, 'ticking-timer', { function: ticking, schedule: '* * * * * *' });
  const ruled = publicFunction({ stack, name: 'ruled' }, { code: DIGEST_NODEJS, deployment: node, scaling: { maxReplicas: 2 } });
  fib.ScalingRule.requestsPerSecond(stack, 'ruled-rate', { functions: [ruled], target: 2 });
  new fib.Function(stack, 'inside', { runtime: fib.Runtime.NODEJS, handler: 'index.handler', code: CALLER, deployment: node });
}

describe('the platform in pods, from nothing', { timeout: 180_000 }, () => {
  let platform: Installed;
  let window: Window;
  beforeAll(async () => {
    platform = await install({ topic: 'platform', functions: declare });
    window = await openWindow(platform);
  });
  afterAll(() => platform?.remove());

  const digest = (n: string) => createHash('sha256').update(n).digest('hex').repeat(64);
  const call = async (path: string, base = platform.url) => {
    const answer = await fetch(base + path);
    return { status: answer.status, body: await answer.text() };
  };

  it('is ready in time', () => {
    expect(platform.installedMs).toBeLessThan(READY_MS);
  });

  it.each(['hot-node', 'hot-python', 'on-its-own'])('%s answers', async (name) => {
    const { status, body } = await call(`/${name}?n=1`);
    expect([status, body.slice(0, 200), body === digest('1')]).toEqual([200, digest('1').slice(0, 200), true]);
  });

  it('two gateways on two nodes answer alike, two scalers share one Lease', async () => {
    const gateways = await window.podsOf(GATEWAY_NAME);
    for (const { status } of gateways) {
      expect(await call('/hot-node?n=2', `http://${status.podIP}:${PLATFORM_PORTS.gatewayPublic}`)).toEqual({ status: 200, body: digest('2') });
    }
    expect(new Set(gateways.map(({ spec }) => spec.nodeName)).size).toBe(2);
    const scalers = (await window.podsOf(SCALER_NAME)).map(({ metadata }) => metadata.name);
    expect(scalers.length).toBe(2);
    expect(scalers).toContain(await window.leader());
  });

  it('pods are held to the restricted Pod Security Standard', async () => {
    const root = ['run', 'root', '--image=any', '--restart=Never', '--dry-run=server'];
    for (const namespace of [platform.system, platform.namespace]) {
      await expect(platform.cluster.kubectl([...root, '-n', namespace])).rejects.toThrow(/violates PodSecurity "restricted/);
    }
  });

  it('a function reaches others through the gateway, and neither its admin port nor anything else of the platform', async () => {
    const fetchFrom = async (url: string, ms: number) => JSON.parse((await call(`/caller?ms=${ms}&url=${encodeURIComponent(url)}`)).body) as object;
    expect(await fetchFrom(`http://${GATEWAY_NAME}.${platform.system}.svc/hot-node?n=1`, 10_000)).toEqual({ status: 200 });
    for (const url of [`http://${GATEWAY_ADMIN_SERVICE}.${platform.system}.svc:8081/_/health`, `http://${SCALER_NAME}.${platform.system}.svc:8082/_/health`]) {
      expect(await fetchFrom(url, 2000)).toEqual({ error: 'TimeoutError' });
    }
  });

  it('code that does not load is told to the caller, in the status and among the events of the Function', async () => {
    const answer = await call('/broken');
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([502, { code: 'LOAD_FAILED', message: expect.stringContaining('it does not load') }]);
    const described = () => platform.cluster.kubectl(['describe', 'fibfn', 'broken', '-n', platform.namespace]);
    await eventually(
      async () => /Events:[^]*LoadFailed[^]*it does not load/.test(await described()),
      () => described(),
    );
  });

  it('a package that is not what its digest says is told to the caller and in the status', async () => {
    const { cluster, namespace } = platform;
    const [right, wrong] = ['right', 'wrong'].map((text) => packageOf({ 'index.mjs': `export const handler = () => '${text}';` }));
    if (!right || !wrong) throw new Error('two packages');
    const { metadata } = renderPackageConfigMap(right, namespace, {});
    const fn = functionObject('forged', right, { access: 'public', deployment: { type: 'hot', pool: 'node' } });
    const objects = [
      { ...renderPackageConfigMap(wrong, namespace, {}), metadata },
      ...[fn, httpTrigger('forged')].map((one) => ({ ...one, metadata: { ...one.metadata, namespace } })),
    ];
    await cluster.apply(...objects);
    const reason = ['get', 'fibfn', 'forged', '-n', namespace, '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}'];
    await eventually(
      async () => (await call('/forged')).body.includes('PACKAGE_INVALID') && (await cluster.kubectl(reason)) === 'PackageInvalid',
      async () => `${JSON.stringify(await call('/forged'))} ${await cluster.kubectl(reason)}`,
    );
    await cluster.kubectl(['delete', '-n', namespace, ...objects.map(({ kind, metadata: { name } }) => `${kind}/${name}`)]);
  });

  it('timers fire', async () => {
    await eventually(
      async () => (JSON.parse((await call('/ticking')).body) as { ticks: number }).ticks >= 2,
      async () => JSON.stringify(await call('/ticking')),
    );
  });

  it('a rule raises replicas, by Prometheus and Alertmanager', async () => {
    let calls = true;
    const load = (async () => {
      for (let n = 0; calls; n++) expect((await call(`/ruled?n=${n}`)).status).toBe(200);
    })();
    const replicas = async () => (await window.state()).functions.find(({ name }) => name.endsWith('/ruled'))?.readyReplicas;
    try {
      await eventually(
        async () => (await replicas()) === 2,
        async () => `one request after the other, at a rate of far more than 2 a second, has ${await replicas()} instances`,
      );
    } finally {
      calls = false;
      await load;
    }
  });

  it('the admin API asks the cluster whose a token is and what it may do', async () => {
    const token = (await platform.cluster.kubectl(['create', 'token', 'default', '-n', platform.namespace])).trim();
    expect((await window.admin(ADMIN_PATHS.functions, 'nobody')).status).toBe(401);
    const statuses = async () => {
      const paths = [ADMIN_PATHS.functions, ADMIN_PATHS.revisions, `${ADMIN_PATHS.invoke}/${platform.namespace}/inside/?url=x&ms=1`];
      return Promise.all(paths.map(async (path) => (await window.admin(path, token)).status));
    };
    expect(await statuses()).toEqual([403, 403, 403]);
    const subject = `--serviceaccount=${platform.namespace}:default`;
    await platform.cluster.kubectl([
      'create',
      'role',
      'uses',
      '--verb=list,create',
      '--resource=functions.fibonacci.dev,functions.fibonacci.dev/invoke',
      '-n',
      platform.namespace,
    ]);
    await platform.cluster.kubectl(['create', 'rolebinding', 'default-uses', '--role=uses', subject, '-n', platform.namespace]);
    await eventually(
      async () => (await statuses()).every((status) => status === 200),
      async () => `with the rights it is ${(await statuses()).join(', ')}`,
    );
  });

  it('functions that are deleted leave no pod, Deployment, Revision or ConfigMap, and the platform stays', async () => {
    await platform.deleteFunctions();
    const left = async () => {
      const kinds =
        'pods,deployments,replicasets,configmaps,functions.fibonacci.dev,revisions.fibonacci.dev,triggers.fibonacci.dev,podpools.fibonacci.dev,scalingrules.fibonacci.dev';
      const names = (await platform.cluster.kubectl(['get', kinds, '-n', platform.namespace, '-o', 'name'])).split('\n');
      return names.filter((name) => name !== '' && name !== 'configmap/kube-root-ca.crt');
    };
    await eventually(
      async () => (await left()).length === 0,
      async () => `left: ${(await left()).join(', ')}`,
      // The cluster's garbage collector has a pace of its own.
      120_000,
    );
    expect((await call('/hot-node?n=1')).status).toBe(404);
    await platform.available();
  });

  it('accounts have the rights that they use, and no more', async () => {
    const { used, granted, denied } = await readAccess(platform);
    expect(denied).toEqual([]);
    expect([...used].filter((right) => !granted.has(right)).toSorted()).toEqual([]);
    expect([...granted].filter((right) => !used.has(right) && !(right in RARELY_USED)).toSorted()).toEqual([]);
    expect(Object.keys(RARELY_USED).filter((right) => !granted.has(right))).toEqual([]);
  });
});
