import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ALERTMANAGER_FLAGS, renderAlertmanagerConfig } from '../protocol/monitoring/alertmanager.ts';
import { PROMETHEUS_FLAGS, renderPrometheusConfig } from '../protocol/monitoring/prometheus.ts';
import { PlatformError } from '../protocol/errors.ts';
import { type DaemonOptions, startDaemon } from './daemon.ts';
import { createGuard } from './fleet/local-guard.ts';
import { createProcessRegister, endLeftovers } from './fleet/local-leftovers.ts';
import type { Log } from './log.ts';
import { findPortOwner } from './port-owner.ts';

/** Absolute paths of the programs, as `bootstrap/monitoring.mjs` finds them. */
export interface MonitoringPrograms {
  readonly prometheus: string;
  readonly alertmanager: string;
}

export interface MonitoringOptions {
  readonly programs: MonitoringPrograms;
  /** Absolute folder for data, configuration and logs, in `prometheus/` and `alertmanager/`. */
  readonly dir: string;
  readonly ports: { readonly prometheus: number; readonly alertmanager: number };
  /** `host:port` of each gateway's admin port. */
  readonly gateways: readonly string[];
  /** `host:port` of the scaler. */
  readonly scaler: string;
  /** The platform's internal token, for the webhook and the list of watchers. */
  readonly token: string;
  /** Absolute path of the file that the scaler writes its rules to; it need not exist. */
  readonly rulesFile: string;
  readonly log: Log;
}

export interface Monitoring {
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/**
 * Prometheus and Alertmanager as children on loopback. They end with this process, however it ends, and what an earlier run left in `dir` is ended first. @throws PlatformError PORT_IN_USE, INTERNAL with the end of the program's output
 */
export async function startMonitoring(options: MonitoringOptions): Promise<Monitoring> {
  const { dir, ports, log } = options;
  const processes = join(dir, 'processes');
  await endLeftovers(processes);
  await Promise.all([requireFree(ports.prometheus, 'Prometheus'), requireFree(ports.alertmanager, 'Alertmanager')]);
  await mkdir(dirname(options.rulesFile), { recursive: true });
  const guard = createGuard();
  const common = { guard, register: createProcessRegister(processes), log };
  const starts = await Promise.allSettled([
    startDaemon({ ...common, ...(await prometheus(options)) }),
    startDaemon({ ...common, ...(await alertmanager(options)) }),
  ]);
  const close = async () => {
    await Promise.all(starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value.close()] : [])));
    await guard.close();
  };
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed) {
    await close();
    throw failed.reason;
  }
  return { prometheusUrl: `http://${HOST}:${ports.prometheus}`, alertmanagerUrl: `http://${HOST}:${ports.alertmanager}`, close };
}

type Program = Omit<DaemonOptions, 'guard' | 'register' | 'log'>;

async function prometheus({ programs, dir, ports, gateways, scaler, token, rulesFile }: MonitoringOptions): Promise<Program> {
  const home = join(dir, 'prometheus');
  const config = join(home, 'prometheus.yml');
  const tokenFile = await writeToken(home, token);
  const alertmanagerAddress = `${HOST}:${ports.alertmanager}`;
  await writeFile(config, renderPrometheusConfig({ gateways, scalers: [scaler], alertmanager: alertmanagerAddress, ruleFiles: [rulesFile], tokenFile }), {
    mode: 0o600,
  });
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(home, 'data')}`,
    `--web.listen-address=${HOST}:${ports.prometheus}`,
    ...PROMETHEUS_FLAGS,
  ];
  return {
    name: 'prometheus',
    command: programs.prometheus,
    args,
    cwd: home,
    logFile: join(home, 'prometheus.log'),
    readyUrl: `http://${HOST}:${ports.prometheus}/-/ready`,
  };
}

async function alertmanager({ programs, dir, ports, scaler, token }: MonitoringOptions): Promise<Program> {
  const home = join(dir, 'alertmanager');
  const config = join(home, 'alertmanager.yml');
  const tokenFile = await writeToken(home, token);
  await writeFile(config, renderAlertmanagerConfig({ scalerUrl: `http://${scaler}`, tokenFile }), { mode: 0o600 });
  const args = [`--config.file=${config}`, `--storage.path=${join(home, 'data')}`, `--web.listen-address=${HOST}:${ports.alertmanager}`, ...ALERTMANAGER_FLAGS];
  return {
    name: 'alertmanager',
    command: programs.alertmanager,
    args,
    cwd: home,
    logFile: join(home, 'alertmanager.log'),
    readyUrl: `http://${HOST}:${ports.alertmanager}/-/ready`,
  };
}

async function writeToken(home: string, token: string): Promise<string> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const file = join(home, 'token');
  await writeFile(file, token, { mode: 0o600 });
  return file;
}

/** A ready answer on a taken port would come from its owner. */
async function requireFree(port: number, name: string): Promise<void> {
  const owner = await findPortOwner(port);
  if (!owner) return;
  throw new PlatformError(
    'PORT_IN_USE',
    `port ${port} on ${HOST}, wanted for ${name}, is taken by process ${owner.pid} (${owner.name}): end it, or move ours with --port`,
    {
      details: { port, pid: owner.pid, process: owner.name },
    },
  );
}
