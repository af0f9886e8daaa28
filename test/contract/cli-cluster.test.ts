import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, type TestProject } from './cli-world/project.ts';

const STACK = `import * as fib from 'fibonacci-faas';
import { ApiObject } from 'cdk8s';
export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'shop', { namespace: 'shop' });
  new ApiObject(stack, 'naked', { apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ name: 'a', image: 'a' }] } });
  new fib.Function(stack, 'hello', { runtime: fib.Runtime.NODEJS, handler: 'index.handler', code: fib.Code.fromInline('export const handler = () => 1;'), deployment: fib.cold() });
});`;

interface Answer {
  readonly status?: number;
  readonly body: object;
}

const refusal = (status: number, reason: string, message: string): Answer => ({
  status,
  body: { kind: 'Status', status: 'Failure', reason, message, code: status },
});
const rbac = (verb: string, resource: string) =>
  refusal(403, 'Forbidden', `${resource} is forbidden: User "ann" cannot ${verb} resource "${resource.split('.')[0]}" in API group "" in the namespace "shop"`);
const types = (...resources: readonly [string, string][]): Answer => ({
  body: { resources: resources.map(([name, kind]) => ({ name, kind, namespaced: true })) },
});
const empty: Answer = { body: { metadata: {}, items: [] } };

describe('fib against an API server that says no', () => {
  let project: TestProject;
  let server: Server;
  let answer: (method: string, path: string) => Answer | undefined = () => undefined;
  let env: Record<string, string | undefined> = {};
  const fib = (...args: string[]) => project.fib(args, env);

  beforeAll(async () => {
    project = await createProject({ 'stack.ts': STACK });
    server = createServer((request: IncomingMessage, response) => {
      const { status = 200, body } = answer(request.method ?? '', request.url ?? '') ?? refusal(404, 'NotFound', 'not found');
      request.resume();
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const cluster = (name: string, port: number) => ({ name, cluster: { server: `http://127.0.0.1:${port}` } });
    const context = (name: string) => ({ name, context: { cluster: name, user: 'ann' } });
    await project.write({
      kubeconfig: JSON.stringify({
        clusters: [cluster('staging', (server.address() as AddressInfo).port), cluster('gone', 1)],
        users: [{ name: 'ann', user: {} }],
        contexts: [context('staging'), context('gone')],
        'current-context': 'staging',
      }),
    });
    env = { ...process.env, HOME: project.dir, KUBECONFIG: join(project.dir, 'kubeconfig') };
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await project.close();
  });

  it('says where it looked for a kubeconfig', async () => {
    const { code, stderr } = await project.fib(['deploy'], { ...env, KUBECONFIG: '/nowhere/config' });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/KUBECONFIG_INVALID .*\/nowhere\/config.*--kubeconfig/)]);
  });

  it('suggests the context that was meant', async () => {
    const { code, stderr } = await fib('status', '--context', 'stagin');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/KUBECONFIG_INVALID .*no context "stagin": did you mean staging\? It has staging, gone/)]);
  });

  it('says that the API server does not answer, and of which context', async () => {
    const { code, stderr } = await fib('ps', '--context', 'gone');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/CLUSTER_UNREACHABLE context gone: .*127\.0\.0\.1:1.*ECONNREFUSED/)]);
  });

  it('names what the user may not do, and whom to ask', async () => {
    answer = (_, path) => {
      if (path === '/apis/fibonacci.dev/v1alpha1') return types(['functions', 'Function'], ['triggers', 'Trigger'], ['podpools', 'PodPool']);
      return path.includes('/functions?') ? rbac('list', 'functions.fibonacci.dev') : empty;
    };
    const { code, stdout } = await fib('ps', '-n', 'shop', '--json');
    expect(code).toBe(1);
    expect((JSON.parse(stdout) as { error: object }).error).toMatchObject({
      code: 'CLUSTER_FORBIDDEN',
      message: expect.stringMatching(/^ann may not list functions\.fibonacci\.dev in namespace shop \(context staging\): ask who administers the cluster/),
    });
  });

  it('says that the platform is to be deployed first', async () => {
    answer = (_, path) => (path.startsWith('/api/v1/') ? empty : path === '/api/v1' ? types(['pods', 'Pod'], ['configmaps', 'ConfigMap']) : undefined);
    const { code, stderr } = await fib('deploy', '--yes');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/PLATFORM_MISSING .*no Function of fibonacci\.dev[^]*Platform/)]);
  });

  it('names the construct of an object that admission refuses', async () => {
    answer = (method, path) => {
      if (path === '/api/v1') return types(['pods', 'Pod'], ['configmaps', 'ConfigMap']);
      if (path === '/apis/fibonacci.dev/v1alpha1') return types(['functions', 'Function']);
      if (method === 'PATCH' && path.includes('/pods/'))
        return refusal(403, 'Forbidden', 'pods "naked" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true');
      if (method === 'PATCH') return { body: { apiVersion: 'v1', kind: 'X', metadata: { name: 'x' } } };
      return /\/(pods|configmaps|functions)\?/.test(path) ? empty : undefined;
    };
    const { code, stderr } = await fib('deploy', '--yes');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/CLUSTER_REFUSED nothing was changed[^]*shop\/naked \(Pod\/shop\/naked\): violates PodSecurity "restricted:latest"/),
    ]);
  });

  it('ends with 1 for every failure of diff: 2 says that there are changes', async () => {
    expect([(await fib('diff', '--nonsense')).code, (await fib('diff', '--context', 'gone')).code]).toEqual([1, 1]);
  });

  it('looks at the kubeconfig’s cluster where no fib dev runs, and says so; it calls nothing there unasked', async () => {
    answer = (_, path) =>
      path === '/apis/fibonacci.dev/v1alpha1' ? types(['functions', 'Function'], ['triggers', 'Trigger'], ['podpools', 'PodPool']) : empty;
    const ps = await fib('ps');
    expect([ps.code, ps.stderr]).toEqual([0, expect.stringContaining('the cluster of context staging')]);
    const invoke = await fib('invoke', 'hello');
    expect([invoke.code, invoke.stderr]).toEqual([3, expect.stringMatching(/NOT_RUNNING .*--cluster .*context staging/)]);
  });
});
