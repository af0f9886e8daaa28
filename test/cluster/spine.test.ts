import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCALER_ENDPOINTS, SCALER_NAME, SIGNING_SECRET } from '../../protocol/cluster-names.ts';
import { ADMIN_PATHS, API_GROUP, LABELS, SCALER_PATHS } from '../../protocol/names.ts';
import { renderPackageConfigMap } from '../../protocol/package-config-map.ts';
import { functionObject, httpTrigger, packageOf, podPool } from '../contract/platform/objects.ts';
import { eventually } from './eventually.ts';
import { openSpine, type Pod, type Spine } from './spine-world/world.ts';

const HOT = { deployment: { type: 'hot', pool: 'web' } } as const;

describe('gateway and scaler before functions in pods', () => {
  let spine: Spine;
  beforeAll(async () => {
    spine = await openSpine();
    await spine.apply(podPool('web', { min: 2, max: 10, memory: '128Mi' }));
    await spine.idle('web', 2);
  });
  afterAll(() => spine?.close());

  const text = async (path: string, init?: RequestInit) => {
    const answer = await spine.fetch(path, init);
    return `${answer.status} ${await answer.text()}`;
  };
  const podsOf = async (fn: string): Promise<Pod[]> => (await spine.pods()).filter(({ metadata }) => metadata.labels[LABELS.function] === fn);
  const condition = async (fn: string) => {
    const { status } = await spine.cluster.get<{ status?: { conditions?: { type: string; status: string; reason: string; message: string }[] } }>(
      'functions.fibonacci.dev',
      fn,
      '-n',
      spine.namespace,
    );
    return status?.conditions?.find(({ type }) => type === 'Ready');
  };
  const recorded = (fn: string) =>
    eventually(
      async () => (await podsOf(fn)).some(({ metadata }) => metadata.ownerReferences?.[0]?.kind === 'Revision'),
      async () => `no pod is recorded as one of ${fn}: ${JSON.stringify(await spine.pods())}`,
    );
  it('a cold request to a hot function is answered from the pool, which fills up again, and the pod becomes one of the function’s revision', async () => {
    await spine.deploy('hello', 'hello', HOT);
    const answer = await spine.fetch('/hello');
    expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
    expect(answer.headers.get('server-timing')).toMatch(/allocate;dur=/);
    await spine.idle('web', 2);
    await recorded('hello');
    expect(await condition('hello')).toMatchObject({ status: 'True' });
  });

  it('a cold function gets a pod of its own', async () => {
    await spine.deploy('lonely', 'on my own', { deployment: { type: 'cold', memory: '128Mi' } });
    expect(await text('/lonely')).toBe('200 on my own');
  });

  it('new code is answered by the same pod, and no request is lost', async () => {
    await spine.deploy('changing', 'old', HOT);
    expect(await text('/changing')).toBe('200 old');
    const [before] = await eventuallyPods('changing');
    const end = spine.load('/changing', ['old', 'new']);
    await spine.deploy('changing', 'new', HOT);
    await eventually(
      async () => (await text('/changing')) === '200 new',
      () => 'new code does not answer',
    );
    const { sent, wrong } = await end();
    expect(wrong).toEqual([]);
    expect(sent).toBeGreaterThan(10);
    expect((await podsOf('changing')).map(({ metadata }) => metadata.name)).toEqual([before?.metadata.name]);
  });

  const eventuallyPods = async (fn: string) => {
    await recorded(fn);
    return podsOf(fn);
  };

  it('a function that is deleted is 404 and leaves nothing', async () => {
    await spine.deploy('passing', 'here', HOT);
    expect(await text('/passing')).toBe('200 here');
    await recorded('passing');
    await spine.cluster.kubectl(['delete', '-n', spine.namespace, 'functions.fibonacci.dev/passing', 'triggers.fibonacci.dev/passing-http']);
    await eventually(
      async () => (await spine.fetch('/passing')).status === 404,
      () => 'it still answers',
    );
    const left = async () =>
      (
        await spine.cluster.kubectl([
          'get',
          'pods,deployments,revisions.fibonacci.dev',
          '-n',
          spine.namespace,
          '-o',
          'name',
          '-l',
          `${LABELS.function}=passing`,
        ])
      ).trim();
    await eventually(async () => (await left()) === '', left);
  });

  it.each(['killed', 'ended in order'])('a leader that is %s: the next one adopts what serves, and no request is lost', async (how) => {
    await spine.deploy('steady', 'steady', HOT);
    expect(await text('/steady')).toBe('200 steady');
    const [before] = await eventuallyPods('steady');
    const end = spine.load('/steady', ['steady']);
    const { epoch } = await spine.state();
    await (how === 'killed' ? spine.scaler.kill() : spine.scaler.stop());
    await spine.startScaler();
    await spine.idle('web', 2);
    expect((await spine.state()).epoch).toBeGreaterThan(epoch);
    // What waits goes on waiting for the new leader: a function that is new is served by it.
    const name = how === 'killed' ? 'after-kill' : 'after-end';
    await spine.deploy(name, 'by the new one', HOT);
    expect(await text(`/${name}`)).toBe('200 by the new one');
    const { sent, wrong } = await end();
    expect(wrong).toEqual([]);
    expect(sent).toBeGreaterThan(50);
    expect((await podsOf('steady')).map(({ metadata }) => metadata.name)).toEqual([before?.metadata.name]);
  });

  it('a standby says that it lives and nothing else; it leads once the leader goes, and the Service then leads to it', async () => {
    const { epoch } = await spine.state();
    const rival = await spine.startRival();
    const status = async (path: string) => (await fetch(`${rival.url}${path}`)).status;
    await eventually(
      async () => (await status(SCALER_PATHS.ready)) === 200,
      () => 'it is not ready to stand by',
    );
    expect([await status(SCALER_PATHS.health), await status(SCALER_PATHS.state), await status(SCALER_PATHS.metrics)]).toEqual([200, 503, 503]);
    const stoppedAt = performance.now();
    await spine.scaler.stop();
    const leader = await rival.leads;
    expect(performance.now() - stoppedAt).toBeLessThan(5000);
    expect(leader.listening['epoch']).toBeGreaterThan(epoch);
    const slice = await spine.cluster.get<{ endpoints: { addresses: string[] }[] }>('endpointslice', SCALER_ENDPOINTS, '-n', spine.system);
    expect(slice.endpoints[0]?.addresses).toEqual(['192.0.2.3']);
    const next = spine.startScaler();
    await leader.stop();
    await next;
    await spine.idle('web', 2);
  });

  it('a leader whose Lease another has taken ends at once and says so', async () => {
    const { epoch } = await spine.state();
    const spec = { holderIdentity: 'somebody-else', leaseTransitions: epoch + 1, renewTime: new Date().toISOString().replace('Z', '000Z') };
    await spine.cluster.kubectl(['patch', 'lease', SCALER_NAME, '-n', spine.system, '--type', 'merge', '--patch', JSON.stringify({ spec })]);
    const { lines } = spine.scaler;
    await eventually(
      async () => lines.some(({ msg }) => String(msg).startsWith('this scaler leads no longer')),
      () => JSON.stringify(lines.slice(-3)),
    );
    await eventually(
      () =>
        spine.state().then(
          () => false,
          () => true,
        ),
      () => 'it still answers',
    );
    await spine.startScaler();
    expect((await spine.state()).epoch).toBeGreaterThan(epoch + 2);
    await spine.idle('web', 2);
  });

  it('a package that is missing is told in the status before anybody calls, and to the caller; once it is there the function answers', async () => {
    const code = packageOf({ 'index.mjs': 'export const handler = () => "late";\n' });
    await spine.apply(functionObject('late', code, HOT), httpTrigger('late'));
    await spine.routed('late');
    await eventually(
      async () => (await condition('late'))?.reason === 'PackageInvalid',
      async () => JSON.stringify(await condition('late')),
    );
    const answer = await spine.fetch('/late');
    const why = expect.stringContaining('has no ConfigMap pkg-');
    expect([answer.status, await answer.json()]).toMatchObject([502, { code: 'PACKAGE_INVALID', message: why }]);
    expect(await spine.fibStatus('late')).toMatchObject({ state: 'failing', problems: expect.arrayContaining([why]) });
    await spine.putCode('export const handler = () => "late";\n');
    await eventually(
      async () => (await condition('late'))?.status === 'True',
      async () => JSON.stringify(await condition('late')),
    );
    await eventually(
      async () => (await text('/late')) === '200 late',
      async () => text('/late'),
    );
  });

  it('a package with a wrong digest is told in the status, by fib status and to the caller, and is not run', async () => {
    const [code, other] = ['right', 'wrong'].map((text) => packageOf({ 'index.mjs': `export const handler = () => "${text}";\n` })) as [
      ReturnType<typeof packageOf>,
      ReturnType<typeof packageOf>,
    ];
    const { name } = renderPackageConfigMap(code, spine.namespace, {}).metadata;
    const forged = renderPackageConfigMap(other, spine.namespace, {});
    await spine.cluster.apply({ ...forged, metadata: { ...forged.metadata, name } });
    await spine.apply(functionObject('forged', code, HOT), httpTrigger('forged'));
    await spine.routed('forged');
    const answer = await spine.fetch('/forged');
    const why = expect.stringContaining('digest');
    expect([answer.status, await answer.json()]).toMatchObject([502, { code: 'PACKAGE_INVALID', message: why }]);
    await eventually(
      async () => (await condition('forged'))?.reason === 'PackageInvalid',
      async () => JSON.stringify(await condition('forged')),
    );
    expect(await spine.fibStatus('forged')).toMatchObject({ state: 'failing', problems: expect.arrayContaining([why]) });
  });

  it('a Secret that is missing is told with the way out; made and changed, its value reaches the function', async () => {
    const code = await spine.putCode('export const handler = () => process.env.KEY;\n');
    const object = functionObject('secretive', code, { ...HOT, secrets: [{ env: 'KEY', name: 'keys', key: 'first' }] });
    await spine.apply(object, httpTrigger('secretive'));
    await spine.routed('secretive');
    expect(await (await spine.fetch('/secretive')).json()).toMatchObject({
      code: 'SECRET_MISSING',
      message: expect.stringContaining(`kubectl -n ${spine.namespace} create secret generic keys`),
    });
    const give = (value: string) =>
      spine.cluster.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: spine.namespace, name: 'keys' }, stringData: { first: value } });
    for (const value of ['one', 'two']) {
      await give(value);
      await eventually(
        async () => (await text('/secretive')) === `200 ${value}`,
        async () => text('/secretive'),
      );
    }
    expect(JSON.stringify([...spine.scaler.lines, ...spine.gateway.lines])).not.toMatch(/"one"|"two"/);
  });

  it('a function that is not public is not there at the public port', async () => {
    await spine.deploy('open', 'for all', { ...HOT, access: 'public' });
    expect((await fetch(`${spine.publicUrl}/open`)).status).toBe(200);
    expect((await fetch(`${spine.publicUrl}/hello`)).status).toBe(404);
  });

  it('someone with a token of the cluster sees and calls through the admin API what Roles grant, and no more', async () => {
    await spine.deploy('granted', 'granted', HOT);
    const metadata = { namespace: spine.namespace, name: 'ada' };
    const rule = (resources: string[], verbs: string[], names?: string[]) => ({
      apiGroups: [API_GROUP],
      resources,
      verbs,
      ...(names && { resourceNames: names }),
    });
    await spine.cluster.apply(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata,
        rules: [rule(['functions'], ['list']), rule(['functions/invoke'], ['create'], ['granted'])],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'ada' },
        subjects: [{ kind: 'ServiceAccount', ...metadata }],
      },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata, name: 'bob' } },
    );
    const tokenOf = async (name: string) => (await spine.cluster.kubectl(['create', 'token', name, '-n', spine.namespace])).trim();
    const [ada, bob] = [await tokenOf('ada'), await tokenOf('bob')];
    const status = async (path: string, token: string) => (await fetch(`${spine.adminUrl}${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
    const invoke = (fn: string) => `${ADMIN_PATHS.invoke}/${spine.namespace}/${fn}`;
    expect([await status(ADMIN_PATHS.functions, ada), await status(invoke('granted'), ada), await status(invoke('hello'), ada)]).toEqual([200, 200, 403]);
    expect([await status(ADMIN_PATHS.functions, bob), await status(invoke('granted'), bob)]).toEqual([403, 403]);
    expect(await status(ADMIN_PATHS.functions, `${ada}x`)).toBe(401);
  });

  it('the signing key is made once and kept in a Secret', async () => {
    const { data } = await spine.cluster.get<{ data: Record<string, string> }>('secret', SIGNING_SECRET.name, '-n', spine.system);
    expect(Buffer.from(data[SIGNING_SECRET.key] ?? '', 'base64').toString()).toContain('PRIVATE KEY');
  });
});
