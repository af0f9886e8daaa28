import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SCALER_PATHS } from '../../protocol/names.ts';
import type { FunctionSpec } from '../../protocol/schema/function.ts';
import type { FunctionResource } from '../../protocol/schema/resources.ts';
import { sampleContainer } from '../../protocol/schema/sample.ts';
import { eventually, functionObject, httpTrigger, NAMESPACE, packageOf, type Platform, type PlatformOptions, startPlatform } from './platform.ts';

let dir: string;
let platform: Platform | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'containers-'));
});
afterEach(async () => {
  await platform?.close();
  platform = undefined;
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true, force: true });
});

/** Of docker and podman this one works, whatever there is on this machine; its containers are known in `dir`. */
async function installProgram(works?: string): Promise<void> {
  const program = fileURLToPath(new URL('./fixtures/containers/program.mjs', import.meta.url));
  for (const name of ['docker', 'podman']) {
    const act = name === works ? `exec '${process.execPath}' '${program}' '${dir}' "$@"` : `echo 'no daemon of ${name} answers' >&2; exit 1`;
    await writeFile(join(dir, name), `#!/bin/sh\n${act}\n`);
    await chmod(join(dir, name), 0o755);
  }
  vi.stubEnv('PATH', `${dir}:${process.env['PATH'] ?? ''}`);
}

const app = (image = 'shop/app:1', spec: Partial<FunctionSpec> = {}): FunctionResource => sampleContainer('app', { image }, spec, NAMESPACE);

async function start(fn: FunctionResource, options: PlatformOptions = {}): Promise<Platform> {
  return (platform = await startPlatform({ ...options, objects: [fn, httpTrigger('app'), ...(options.objects ?? [])] }));
}

interface Answer {
  readonly version: string;
  readonly bytes: number;
  readonly pid: number;
  readonly env: Readonly<Record<string, string>>;
  readonly protocol: string;
}
const answer = async (response: Response) => (await response.json()) as Answer;
const containers = async () => (await readdir(dir)).filter((file) => file.endsWith('.pid'));
const runs = async () => (await readFile(join(dir, 'runs'), 'utf8')).trim().split('\n');

test.each(['docker', 'podman'])('what listens on $PORT answers with no change, run by %s', async (program) => {
  await installProgram(program);
  const { fetch } = await start(app('shop/app:1', { env: { REGION: 'eu' } }));
  const response = await fetch('/app/?a=1', { method: 'POST', body: 'hello' });
  expect(response.status).toBe(200);
  expect(await answer(response)).toMatchObject({ version: '1', bytes: 5, env: { PORT: '8080', REGION: 'eu' }, protocol: '1.1' });
});

test('a secret reaches it, and no list of processes', async () => {
  await installProgram('docker');
  const secrets = [{ env: 'TOKEN', name: 'keys', key: 'token' }];
  const { fetch } = await start(app('shop/app:1', { secrets }), { secrets: 'KEYS__TOKEN=hunter2\n' });
  expect((await answer(await fetch('/app'))).env).toMatchObject({ TOKEN: 'hunter2' });
  expect((await runs()).join()).not.toContain('hunter2');
});

test('a secret that has no value is told with the way out', async () => {
  await installProgram('docker');
  const { fetch, setSecrets } = await start(app('shop/app:1', { secrets: [{ env: 'TOKEN', name: 'keys', key: 'token' }] }));
  const refused = await fetch('/app');
  expect([refused.status, await refused.text()]).toEqual([503, expect.stringMatching(/secret \\"keys\\".*KEYS__TOKEN/)]);
  await setSecrets('KEYS__TOKEN=late\n');
  await eventually(
    async () => ((await fetch('/app')).ok ? true : undefined),
    10_000,
    () => 'it does not answer although its secret is there',
  );
});

test('its limits are the gateway’s: requests at once, time, and size of bodies', async () => {
  await installProgram('docker');
  const { fetch, until } = await start(app('shop/app:1', { concurrency: 1, timeout: '500ms', bodyLimit: '1Ki', retry: 'never' }));
  const pids = await Promise.all([1, 2].map(async () => (await answer(await fetch('/app/slow?ms=200'))).pid));
  expect(new Set(pids).size).toBe(2);
  const begun = performance.now();
  const late = await fetch('/app/slow?ms=3000');
  expect([late.status, late.headers.get('fibonacci-error')]).toEqual([504, 'FUNCTION_TIMEOUT']);
  expect(performance.now() - begun).toBeLessThan(1500);
  const large = await fetch('/app', { method: 'POST', body: 'x'.repeat(1025) });
  expect([large.status, large.headers.get('fibonacci-error')]).toEqual([413, 'BODY_TOO_LARGE']);
  await until(({ functions }) => functions[0]?.readyReplicas === 2);
});

test('what it says of itself in the platform’s name goes for nothing', async () => {
  await installProgram('docker');
  const { fetch } = await start(app());
  const response = await fetch('/app/claim');
  expect([response.status, response.headers.get('fibonacci-error'), await response.text()]).toEqual([503, null, 'mine']);
});

test('a new image takes the place of the old one, and no request is lost', async () => {
  await installProgram('docker');
  const { fetch, apply, until } = await start(app('shop/app:1', { scaling: { ...app().spec.scaling, minReplicas: 1 } }));
  await until(({ functions }) => functions[0]?.readyReplicas === 1);
  const seen: string[] = [];
  let over = false;
  const calling = Promise.all(
    [1, 2].map(async () => {
      while (!over) {
        const response = await fetch('/app/slow?ms=20');
        seen.push(response.ok ? (await answer(response)).version : `status ${response.status}`);
      }
    }),
  );
  await apply(app('shop/app:2', { scaling: { ...app().spec.scaling, minReplicas: 1 } }));
  await until(({ functions, instances }) => functions[0]?.revision === 'app-00002' && functions[0].readyReplicas === 1 && instances.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  over = true;
  await calling;
  expect(new Set(seen)).toEqual(new Set(['1', '2']));
  expect(seen.at(-1)).toBe('2');
  expect(await containers()).toHaveLength(1);
});

test('other limits are another revision of the same containers', async () => {
  await installProgram('docker');
  const { fetch, apply, until } = await start(app());
  const { pid } = await answer(await fetch('/app'));
  await apply(app('shop/app:1', { timeout: '7s' }));
  await until(({ functions, instances }) => functions[0]?.revision === 'app-00002' && instances[0]?.revision === 'app-00002');
  expect((await answer(await fetch('/app'))).pid).toBe(pid);
});

test('one that ends is replaced', async () => {
  await installProgram('docker');
  const { fetch } = await start(app());
  const { pid } = await answer(await fetch('/app'));
  expect((await fetch('/app/exit', { method: 'POST' })).status).toBe(502);
  const again = await eventually(
    async () => {
      const response = await fetch('/app');
      return response.ok ? await answer(response) : undefined;
    },
    10_000,
    () => 'it was not replaced',
  );
  expect(again.pid).not.toBe(pid);
});

test('one that ends soon after each start is started with a back-off, and its status tells', async () => {
  await installProgram('docker');
  const { fn } = await start(app('shop/short:1', { scaling: { ...app().spec.scaling, minReplicas: 1 } }));
  const condition = await eventually(
    async () => (await fn('app'))?.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'False'),
    20_000,
    () => 'its status does not tell',
  );
  expect(condition?.message).toMatch(/its container ends soon after it listens: it exited with code 4/);
  const before = (await runs()).length;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect([before, (await runs()).length]).toEqual([5, 5]);
});

test('its gateway measures it, and nobody else is asked', async () => {
  await installProgram('docker');
  const { fetch: call, gateways, scaler, internalToken } = await start(app());
  await call('/app');
  const read = async (url: string) => (await fetch(url, { headers: { authorization: `Bearer ${internalToken}` } })).text();
  expect(await read(`${gateways[0]?.adminUrl}/metrics`)).toMatch(/function_invoke_total\{function_name="default\/app",code="200",rate=""\} 1/);
  expect(await read(scaler.url + SCALER_PATHS.targets)).toBe('[]');
  expect(await read(`${scaler.url}/metrics`)).toContain('function_service_count{function_name="default/app"} 1');
});

test('an image that does not come up is told with what it said last', async () => {
  await installProgram('docker');
  const { fetch, fn } = await start(app('shop/broken:1'));
  const response = await fetch('/app');
  expect([response.status, await response.text()]).toEqual([503, expect.stringMatching(/exited with code 3.*cannot read \/etc\/shop.conf/)]);
  const condition = await eventually(
    async () => (await fn('app'))?.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'False'),
    5000,
    () => 'its status does not tell',
  );
  expect(condition?.message).toContain('/etc/shop.conf');
});

test('where nothing runs containers callers are told what to install, and other functions go on', async () => {
  await installProgram();
  const pkg = packageOf({ 'index.js': 'export const handler = () => ({ ok: true });' });
  const { fetch, fn } = await start(app(), { objects: [functionObject('code', pkg), httpTrigger('code')], packages: [pkg] });
  const response = await fetch('/app');
  expect([response.status, response.headers.get('fibonacci-error')]).toEqual([503, 'RUNTIME_UNAVAILABLE']);
  expect(await response.text()).toMatch(
    /no program that runs containers works here \(docker: no daemon of docker answers; podman: no daemon of podman answers\): start Docker, or install one: .*podman/,
  );
  const condition = await eventually(
    async () => (await fn('app'))?.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'False'),
    5000,
    () => 'its status does not tell',
  );
  expect(condition).toMatchObject({ reason: 'RuntimeUnavailable', message: expect.stringMatching(/no program that runs containers/) });
  expect((await fetch('/code')).status).toBe(200);
});

test('containers end with the platform, and those that a killed one left behind with the next', async () => {
  await installProgram('docker');
  const { fetch, restartScaler, scaler } = await start(app());
  await fetch('/app');
  const [left] = await containers();
  await scaler.process.kill();
  expect(await containers()).toEqual([left]);
  await restartScaler();
  expect(await containers()).not.toContain(left);
  expect((await fetch('/app')).status).toBe(200);
  await platform?.close();
  platform = undefined;
  expect(await containers()).toEqual([]);
});
