import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Fleet, FleetEvent, Instance, InstanceTemplate } from '../../kit/fleet/fleet.ts';
import { createLocalFleet, type LocalFleetOptions } from '../../kit/fleet/local.ts';
import { createInstanceLog, pruneLogs } from '../../kit/fleet/local-log.ts';

let dir: string;
let fleet: Fleet | undefined;
const template: InstanceTemplate = {
  key: 'pool:default/web',
  namespace: 'default',
  runtime: 'nodejs',
  memoryBytes: 64 * 1024 * 1024,
  owner: { kind: 'PodPool', name: 'web' },
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fleet-'));
});
afterEach(async () => {
  await fleet?.close();
  fleet = undefined;
  await rm(dir, { recursive: true, force: true });
});

async function runtimes(behaviour: string): Promise<string> {
  const runtimesDir = join(dir, 'runtimes');
  await mkdir(join(runtimesDir, 'nodejs'), { recursive: true });
  await cp(new URL('./fixtures/runtime/watcher.mjs', import.meta.url), join(runtimesDir, 'nodejs/watcher.mjs'));
  await writeFile(join(runtimesDir, 'nodejs/start.json'), JSON.stringify({ command: ['{node}', '{dir}/watcher.mjs'], env: { BEHAVIOUR: behaviour } }));
  return runtimesDir;
}

async function start(behaviour = 'listen', options: Partial<LocalFleetOptions> = {}): Promise<{ fleet: Fleet; events: FleetEvent[] }> {
  const programs = { node: process.execPath, python: '', ext: '.ts' };
  fleet = await createLocalFleet({ runtimesDir: await runtimes(behaviour), stateDir: join(dir, 'state'), publicKey: 'key', programs, ...options });
  const events: FleetEvent[] = [];
  fleet.subscribe((event) => events.push(event));
  return { fleet, events };
}

const idle = (from: Fleet) => from.list().filter(({ state }) => state === 'idle');
const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 5000, interval: 10 });
const describeSelf = async (instance: Instance) => (await (await fetch(`${instance.controlUrl}/`)).json()) as { pid: number; env: string[]; scratch: string };
const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('keeps the wanted number waiting, and refills after a lease', async () => {
  const { fleet, events } = await start();
  fleet.keep(template, 2);
  await until(() => expect(idle(fleet)).toHaveLength(2));
  const leased = fleet.lease(template.key);
  expect(leased).toMatchObject({ state: 'leased', dataAddress: expect.stringMatching(/^127\.0\.0\.1:\d+$/) });
  fleet.keep(template, 2);
  await until(() => expect(idle(fleet)).toHaveLength(2));
  expect(idle(fleet).map(({ id }) => id)).not.toContain(leased?.id);
  fleet.keep(template, 0);
  await until(() => expect(fleet.list().map(({ id }) => id)).toEqual([leased?.id]));
  expect(events.filter(({ type }) => type === 'idle')).toHaveLength(3);
});

test('an instance is leased once, and none is leased where none waits', async () => {
  const { fleet } = await start();
  fleet.keep(template, 1);
  await until(() => expect(idle(fleet)).toHaveLength(1));
  fleet.keep(template, 0);
  await until(() => expect(fleet.list()).toHaveLength(0));
  expect(fleet.lease(template.key)).toBeUndefined();
});

test('a certain instance can be claimed while it waits, and bears what was recorded of it', async () => {
  const { fleet } = await start();
  fleet.keep(template, 1);
  await until(() => expect(idle(fleet)).toHaveLength(1));
  const [{ id }] = idle(fleet) as [Instance];
  expect(fleet.claim(id)).toMatchObject({ id, state: 'leased' });
  expect(fleet.claim(id)).toBeUndefined();
  const assignment = { function: { namespace: 'default', name: 'hello', uid: 'u' }, revision: { name: 'hello-00001', uid: 'r' }, content: 'sha256:1' };
  await fleet.assign(id, assignment);
  expect(fleet.list().find((instance) => instance.id === id)).toMatchObject({ assignment });
  expect(fleet.connected).toBe(true);
});

test('a watcher gets its own scratch folder, which goes with it, and only the variables of the contract', async () => {
  const { fleet } = await start();
  fleet.keep(template, 1);
  await until(() => expect(idle(fleet)).toHaveLength(1));
  const instance = fleet.lease(template.key) as Instance;
  const self = await describeSelf(instance);
  expect(self.env).toEqual(['FIB_CONTROL_PORT', 'FIB_DATA_PORT', 'FIB_HOST', 'FIB_INSTANCE', 'FIB_MEMORY_LIMIT_BYTES', 'FIB_PUBLIC_KEY', 'FIB_SCRATCH']);
  expect(await readdir(join(dir, 'state/instances'))).toEqual([instance.id]);
  fleet.keep(template, 0);
  await fleet.stop(instance.id, 1000);
  expect(await readdir(join(dir, 'state/instances'))).toEqual([]);
  expect(alive(self.pid)).toBe(false);
});

test('a watcher that ignores SIGTERM is killed after the grace', async () => {
  const { fleet, events } = await start('stubborn');
  fleet.keep(template, 1);
  await until(() => expect(idle(fleet)).toHaveLength(1));
  const instance = fleet.lease(template.key) as Instance;
  const { pid } = await describeSelf(instance);
  fleet.keep(template, 0);
  await fleet.stop(instance.id, 50);
  expect(alive(pid)).toBe(false);
  expect(events.at(-1)).toMatchObject({ type: 'gone', reason: 'stopped' });
});

test('a killed watcher is told as gone, and its children end with it', async () => {
  const { fleet, events } = await start('child');
  fleet.keep(template, 1);
  await until(() => expect(idle(fleet)).toHaveLength(1));
  const instance = fleet.lease(template.key) as Instance;
  const { pid } = await describeSelf(instance);
  const child = Number(/"pid":(\d+)/.exec(await readFile(join(dir, `state/logs/${instance.id}.log`), 'utf8'))?.[1]);
  expect(alive(child)).toBe(true);
  process.kill(pid, 'SIGKILL');
  await until(() => expect(events).toContainEqual(expect.objectContaining({ type: 'gone', reason: expect.stringContaining('SIGKILL') })));
  await until(() => expect(alive(child)).toBe(false));
});

test('a template whose watchers exit is tried again with a growing wait, and its last words are told', async () => {
  const { fleet, events } = await start('exit');
  const before = Date.now();
  fleet.keep(template, 1);
  await until(() => expect(events.filter(({ type }) => type === 'failing')).toHaveLength(2));
  expect(Date.now() - before).toBeGreaterThan(450);
  expect(events.find(({ type }) => type === 'failing')).toMatchObject({ reason: expect.stringContaining('cannot find my own feet') });
});

test('a watcher that never listens is given up', async () => {
  const { fleet, events } = await start('silent', { startTimeoutMs: 300 });
  fleet.keep(template, 1);
  await until(() => expect(events).toContainEqual(expect.objectContaining({ type: 'failing', reason: 'it did not listen within 300 ms' })));
});

test('a runtime that is not installed is named with the way out', async () => {
  const { fleet } = await start();
  expect(fleet.unavailable('nodejs')).toBeUndefined();
  expect(fleet.unavailable('python')).toContain('FIB_RUNTIMES_DIR');
  fleet.keep({ ...template, key: 'pool:default/snakes', runtime: 'python' }, 3);
  expect(fleet.list()).toHaveLength(0);
});

const owner = `
  import { createLocalFleet } from ${JSON.stringify(new URL('../../kit/fleet/local.ts', import.meta.url).href)};
  const [runtimesDir, stateDir] = process.argv.slice(1);
  const fleet = await createLocalFleet({ runtimesDir, stateDir, publicKey: 'key', programs: { node: process.execPath, python: '', ext: '.ts' } });
  fleet.subscribe(async (event) => {
    const { pid } = await (await fetch(event.instance.controlUrl)).json();
    console.log(pid);
  });
  fleet.keep(${JSON.stringify(template)}, 1);
`;

async function ownedWatcher(runtimesDir: string): Promise<{ kill(): void; pid: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', owner, '--', runtimesDir, join(dir, 'state')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { kill: () => void child.kill('SIGKILL'), pid: Number(line.toString()) };
}

test('when its owner is killed by SIGKILL, the watchers end too', async () => {
  const owned = await ownedWatcher(await runtimes('listen'));
  expect(alive(owned.pid)).toBe(true);
  owned.kill();
  await until(() => expect(alive(owned.pid)).toBe(false));
});

test('a program that was started the moment before its owner was killed ends too', async () => {
  const owner = `
    import { writeSync } from 'node:fs';
    import { createGuard } from ${JSON.stringify(new URL('../../kit/fleet/local-guard.ts', import.meta.url).href)};
    const child = createGuard().spawn('/bin/sleep', ['60'], { cwd: '/', env: {} });
    writeSync(1, String(child.pid));
    process.kill(process.pid, 'SIGKILL');
  `;
  const { stdout } = spawn(process.execPath, ['--input-type=module', '-e', owner], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [pid] = (await once(stdout, 'data')) as [Buffer];
  await until(() => expect(alive(Number(pid))).toBe(false));
});

test('what a former run left is ended at start, and a process that only has the same pid is not', async () => {
  const leftover = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  const { createProcessRegister } = await import('../../kit/fleet/local-leftovers.ts');
  const processes = join(dir, 'state/processes');
  await mkdir(processes, { recursive: true });
  await createProcessRegister(processes).add('left', leftover.pid as number);
  await writeFile(join(processes, 'other.json'), JSON.stringify({ pid: stranger.pid, startTime: '1' }));
  const ended = once(leftover, 'exit');
  await start();
  await ended;
  expect(alive(stranger.pid as number)).toBe(true);
  stranger.kill('SIGKILL');
});

test('a log begins anew past its limit, and keeps the part before', async () => {
  const file = join(dir, 'web-1.log');
  const log = createInstanceLog(file, 100);
  for (let line = 0; line < 10; line++) await log.write(Buffer.from(`${String(line).repeat(29)}\n`));
  await log.close();
  expect(await readFile(file, 'utf8')).toContain('9999');
  expect((await readFile(file, 'utf8')).length).toBeLessThanOrEqual(100);
  expect(await readFile(`${file}.1`, 'utf8')).toContain('8888');
});

test('of many logs the newest stay, and those of running instances', async () => {
  for (const [index, name] of ['a.log', 'b.log', 'c.log', 'running.log'].entries()) {
    await writeFile(join(dir, name), name);
    await utimes(join(dir, name), new Date(), new Date(name === 'running.log' ? 0 : index * 1000));
  }
  await pruneLogs(dir, new Set(['running']), 2);
  expect((await readdir(dir)).sort()).toEqual(['b.log', 'c.log', 'running.log']);
});
