import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../kit/log.ts';
import { type MonitoringOptions, startMonitoring } from '../../kit/monitoring.ts';
import { SCALER_PATHS } from '../../protocol/names.ts';
import { eventually } from './platform.ts';
import { monitoringPrograms } from './rules-world/programs.ts';
import { freePort } from '../free-port.ts';

let options: MonitoringOptions;

beforeEach(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'monitoring-'));
  options = {
    programs: await monitoringPrograms(),
    dir,
    ports: { prometheus: await freePort(), alertmanager: await freePort() },
    gateways: ['127.0.0.1:1'],
    scaler: '127.0.0.1:2',
    token: 'secret-of-the-test',
    rulesFile: join(dir, 'rules', 'rules.yml'),
    log: silentLog,
  };
});

afterEach(async () => rm(options.dir, { recursive: true, force: true, maxRetries: 5 }));

const answers = async (port: number) => (await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined))?.ok === true;

test('both answer, and are gone after close', async () => {
  const monitoring = await startMonitoring(options);
  expect(await Promise.all(Object.values(options.ports).map(answers))).toEqual([true, true]);
  await monitoring.close();
  expect(await Promise.all(Object.values(options.ports).map(answers))).toEqual([false, false]);
});

test('Prometheus shows the scaler its token when it asks for the watchers', async () => {
  const shown: (string | undefined)[] = [];
  const scaler = createHttpServer(({ url, headers }, response) => {
    if (url === SCALER_PATHS.targets) shown.push(headers.authorization);
    response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
  }).listen(0, '127.0.0.1');
  await once(scaler, 'listening');
  const monitoring = await startMonitoring({ ...options, scaler: `127.0.0.1:${(scaler.address() as AddressInfo).port}` });
  try {
    await eventually(
      async () => shown[0],
      10_000,
      () => 'Prometheus asked for no watchers',
    );
    expect(shown[0]).toBe('Bearer secret-of-the-test');
  } finally {
    await monitoring.close();
    scaler.close();
  }
});

test('they end with the process that started them, though it was killed', async () => {
  const code = `
    const { startMonitoring } = await import(${JSON.stringify(new URL('../../kit/monitoring.ts', import.meta.url).href)});
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    await startMonitoring({ ...${JSON.stringify({ ...options, log: undefined })}, log });
    console.log('started');
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(parent.stdout, 'data');
  expect(await answers(options.ports.prometheus)).toBe(true);
  parent.kill('SIGKILL');
  await eventually(
    async () => ((await Promise.all(Object.values(options.ports).map(answers))).includes(true) ? undefined : true),
    5000,
    () => 'Prometheus or Alertmanager is left behind',
  );
});

test('a taken port names its owner, and nothing is left running', async () => {
  const server = createServer().listen(options.ports.alertmanager, '127.0.0.1');
  await once(server, 'listening');
  try {
    await expect(startMonitoring(options)).rejects.toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining(`process ${process.pid}`) as string });
  } finally {
    server.close();
  }
  expect(await answers(options.ports.prometheus)).toBe(false);
});

test('a program that ends at once is named with its exit code, and the other one is ended', async () => {
  const programs = { ...options.programs, alertmanager: '/bin/false' };
  await expect(startMonitoring({ ...options, programs })).rejects.toThrow(/alertmanager did not start: it exited with code 1/);
  expect(await answers(options.ports.prometheus)).toBe(false);
});
