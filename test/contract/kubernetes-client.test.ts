import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serverSideApply } from '../../kit/kubernetes/apply.ts';
import { createClient, createKubernetesClient, KubernetesError, resourcePath } from '../../kit/kubernetes/client.ts';
import { inClusterCredentials } from '../../kit/kubernetes/in-cluster.ts';
import { listAll } from '../../kit/kubernetes/list.ts';
import { type FakeApi, startFakeApi, status } from './kubernetes-world/fake-api.ts';

const LIST = resourcePath({ version: 'v1', plural: 'configmaps', namespace: 'default' });
let api: FakeApi;
let dir: string;
/** The authorization header of every request. */
let shown: (string | undefined)[];

beforeEach(async () => {
  api = await startFakeApi();
  dir = await mkdtemp(join(tmpdir(), 'fib-kubernetes-'));
  shown = [];
  api.answerNext(
    /\/version/,
    (request, response) => {
      shown.push(request.headers.authorization);
      if (request.headers.authorization === 'Bearer old') status(response, 401, 'Unauthorized');
      else response.end('{"major":"1"}');
    },
    100,
  );
});
afterEach(async () => {
  await api.close();
  await rm(dir, { recursive: true });
});

describe('requests', () => {
  it.each([
    [{ version: 'v1', plural: 'pods' }, '/api/v1/pods'],
    [{ version: 'v1', plural: 'pods', namespace: 'a', name: 'b', subresource: 'log' }, '/api/v1/namespaces/a/pods/b/log'],
    [{ group: 'apps', version: 'v1', plural: 'deployments', namespace: 'a' }, '/apis/apps/v1/namespaces/a/deployments'],
    [{ version: 'v1', plural: 'configmaps', namespace: 'a', name: '../b' }, '/api/v1/namespaces/a/configmaps/..%2Fb'],
  ])('the path of %j', (input, path) => {
    expect(resourcePath(input)).toBe(path);
  });

  it('an error carries the API server’s status, reason and message', async () => {
    const error: unknown = await api.client.request('GET', `${LIST}/none`).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(KubernetesError);
    expect(error).toMatchObject({ status: 404, reason: 'NotFound', message: 'it is NotFound', body: { kind: 'Status', code: 404 } });
  });

  it('an answer that is no Status is quoted', async () => {
    api.answerNext(/none/, (_request, response) => response.writeHead(502).end('<html>bad gateway</html>'));
    await expect(api.client.request('GET', `${LIST}/none`)).rejects.toMatchObject({
      status: 502,
      reason: 'HTTP502',
      message: `GET ${LIST}/none answered 502: <html>bad gateway</html>`,
    });
  });

  it('no answer is status 0, Unreachable', async () => {
    const client = createClient({ server: 'http://127.0.0.1:1', current: async () => ({ tls: {} }), refused() {} }, 1000);
    await expect(client.request('GET', '/version')).rejects.toMatchObject({
      status: 0,
      reason: 'Unreachable',
      message: expect.stringContaining('127.0.0.1:1'),
    });
    await client.close();
  });

  it('a request that takes too long ends', async () => {
    api.answerNext(/slow/, () => undefined);
    await expect(api.client.request('GET', `${LIST}/slow`, { timeoutMs: 200 })).rejects.toMatchObject({ reason: 'Unreachable' });
  });

  it('an aborted request says so', async () => {
    api.answerNext(/slow/, () => undefined);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(api.client.request('GET', `${LIST}/slow`, { signal })).rejects.toThrow('enough');
  });

  it('429 with Retry-After is tried again, a write too', async () => {
    api.answerNext(/PATCH/, (_request, response) => status(response, 429, 'TooManyRequests', { 'retry-after': '0' }), 2);
    await serverSideApply(api.client, `${LIST}/a`, { metadata: { name: 'a' } }, { fieldManager: 'test' });
    expect(api.requests).toHaveLength(3);
  });

  it('server-side apply names its manager and what it wants', async () => {
    let type: string | undefined;
    api.answerNext(/PATCH/, (request, response) => {
      type = request.headers['content-type'];
      response.end('{}');
    });
    await serverSideApply(api.client, `${LIST}/a`, {}, { fieldManager: 'fib', force: false, dryRun: true });
    expect(type).toBe('application/apply-patch+yaml');
    expect(api.requests).toEqual([`PATCH ${LIST}/a?fieldManager=fib&force=false&fieldValidation=Strict&dryRun=All`]);
  });

  it('a list comes whole, whatever the page', async () => {
    for (let i = 0; i < 5; i++) api.objects.put(LIST, { metadata: { name: `c${i}` } });
    expect(await listAll(api.client, LIST, { pageSize: 2 })).toHaveLength(5);
  });

  it('watches do not keep requests waiting', async () => {
    const streams = Array.from({ length: 40 }, () =>
      api.client
        .stream(LIST, { query: { watch: true } })
        [Symbol.asyncIterator]()
        .next(),
    );
    const ended = Promise.allSettled(streams);
    await vi.waitFor(() => expect(api.watches()).toBe(40));
    await expect(api.client.request('GET', LIST)).resolves.toMatchObject({ kind: 'List' });
    await api.client.close();
    expect((await ended).filter(({ status: outcome }) => outcome === 'rejected')).toHaveLength(40);
  });
});

describe('a kubeconfig', () => {
  const config = (user: string, extra = '') => `
apiVersion: v1
kind: Config
current-context: one
clusters: [{ name: here, cluster: { server: ${api.url}/ } }]
contexts:
  - { name: one, context: { cluster: here, user: me, namespace: mine } }
  - { name: two, context: { cluster: here, user: nobody } }
  - { name: lost, context: { cluster: gone, user: me } }
users:
  - { name: me, user: ${user} }
  - { name: nobody, user: {} }
${extra}`;
  const file = (name = 'config') => join(dir, name);
  async function ask(options: { context?: string; env?: Record<string, string> } = {}, times = 1): Promise<(string | undefined)[]> {
    const client = await createKubernetesClient({ kubeconfig: file(), ...options });
    try {
      for (let i = 0; i < times; i++) await client.request('GET', '/version');
    } finally {
      await client.close();
    }
    return shown;
  }

  it('with a token and the context’s namespace', async () => {
    await writeFile(file(), config('{ token: abc }'));
    expect(await ask()).toEqual(['Bearer abc']);
    const client = await createKubernetesClient({ kubeconfig: file() });
    expect(client).toMatchObject({ server: api.url, namespace: 'mine' });
    await client.close();
  });

  it('with a token file beside it, read again when refused', async () => {
    await writeFile(file(), config('{ tokenFile: token }'));
    await writeFile(file('token'), 'old\n');
    const client = await createKubernetesClient({ kubeconfig: file() });
    await expect(client.request('GET', '/version')).rejects.toMatchObject({ status: 401 });
    await writeFile(file('token'), 'new\n');
    await client.request('GET', '/version');
    await client.close();
    expect(shown.at(-1)).toBe('Bearer new');
  });

  it('with a credential plugin, which runs once and is told what it needs', async () => {
    const script = `#!/bin/sh
echo run >> ${file('runs')}
echo "$KUBERNETES_EXEC_INFO" | grep -q '"interactive":false' || exit 3
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'"$OWN-$INHERITED"'"}}'
`;
    await writeFile(file('plugin'), script);
    await chmod(file('plugin'), 0o755);
    await writeFile(file(), config(`{ exec: { apiVersion: client.authentication.k8s.io/v1, command: ${file('plugin')}, env: [{ name: OWN, value: x }] } }`));
    expect(await ask({ env: { INHERITED: 'y', PATH: '/usr/bin:/bin' } }, 3)).toEqual(['Bearer x-y', 'Bearer x-y', 'Bearer x-y']);
  });

  it('with a credential plugin that fails: its name, its words and its hint', async () => {
    await writeFile(file(), config(`{ exec: { command: ${file('absent')}, installHint: get it from the cloud } }`));
    await expect(ask()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(/absent.*ENOENT[\s\S]*get it from the cloud/) });
  });

  it('with another context', async () => {
    await writeFile(file(), config('{ token: abc }'));
    expect(await ask({ context: 'two' })).toEqual([undefined]);
  });

  it('in several files: the first that names a thing wins', async () => {
    await writeFile(file('a'), 'users: [{ name: me, user: { token: first } }]');
    await writeFile(file('b'), config('{ token: second }'));
    const client = await createKubernetesClient({ kubeconfig: [file('a'), file('none'), file('b')].join(':') });
    await client.request('GET', '/version');
    await client.close();
    expect(shown).toEqual(['Bearer first']);
  });

  it.each([
    ['an unknown context', { context: 'three' }, 'it has no context "three"'],
    ['a context whose cluster is gone', { context: 'lost' }, 'it has no cluster "gone"'],
  ])('%s is named', async (_name, options, message) => {
    await writeFile(file(), config('{}'));
    await expect(ask(options)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(message) });
  });

  it.each([
    ['an auth provider', '{ auth-provider: { name: gcp } }', /"me" signs in by auth-provider "gcp".*credential plugin/],
    ['basic authentication', '{ username: root, password: secret }', /"me" signs in by basic authentication(?!.*secret)/],
  ])('with %s is refused, with the way out', async (_name, user, message) => {
    await writeFile(file(), config(user));
    await expect(ask()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) });
  });

  it('that is not there is named', async () => {
    await expect(ask()).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(file()) });
  });
});

describe('a pod’s service account', () => {
  it('is taken from its folder, and its token again as it rotates', async () => {
    for (const [name, content] of Object.entries({ 'ca.crt': 'CA', namespace: 'fibonacci-system', token: 'old' })) await writeFile(join(dir, name), content);
    const credentials = await inClusterCredentials({ dir, host: '10.96.0.1', port: '443' });
    expect(credentials).toMatchObject({ server: 'https://10.96.0.1:443', namespace: 'fibonacci-system' });
    const client = createClient({ ...credentials, server: api.url }, 1000);
    await credentials.current();
    await writeFile(join(dir, 'token'), 'new');
    await client.request('GET', '/version');
    await client.close();
    expect(shown).toEqual(['Bearer old', 'Bearer new']);
  });

  it('outside a pod the message says what to do', async () => {
    await expect(inClusterCredentials({ dir: join(dir, 'none') })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('kubeconfig'),
    });
  });
});
