import { extname, join } from 'node:path';
import { renderEnv } from '../../kit/config.ts';
import { startDaemon } from '../../kit/daemon.ts';
import { createGuard } from '../../kit/fleet/local-guard.ts';
import { createProcessRegister, endLeftovers } from '../../kit/fleet/local-leftovers.ts';
import type { Log } from '../../kit/log.ts';
import { startMonitoring } from '../../kit/monitoring.ts';
import { gatewayConfig, scalerConfig } from '../../protocol/config.ts';
import { ADMIN_PATHS, SCALER_PATHS } from '../../protocol/names.ts';
import { siblingFolder } from '../package-file.ts';
import type { Project } from '../project.ts';
import type { Closers } from './closers.ts';
import type { DevFile } from './dev-file.ts';
import type { Ports } from './ports.ts';
import type { Toolchain } from './toolchain.ts';

export const HOST = '127.0.0.1';

export interface PlatformOptions {
  readonly project: Project;
  readonly ports: Ports;
  readonly token: string;
  readonly toolchain: Toolchain;
  /** Without Prometheus and Alertmanager nothing scales by rules. */
  readonly monitoring: boolean;
  /** `.env` with the secrets' values. */
  readonly secretsFile: string;
  readonly log: Log;
  /** Of this process. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The parts of a local platform, each resolving when it is ready. */
export interface PlatformStart {
  readonly gateway: Promise<unknown>;
  readonly scaler: Promise<unknown>;
  /** Absent where it is off. */
  readonly monitoring?: Promise<unknown>;
}

/** Addresses of a local platform. */
export function platformUrls(ports: Ports, monitoring: boolean): DevFile['urls'] {
  const url = (port: number) => `http://${HOST}:${port}`;
  const rules = monitoring ? { prometheus: url(ports.prometheus), alertmanager: url(ports.alertmanager) } : {};
  return { gateway: url(ports.gateway), admin: url(ports.admin), scaler: url(ports.scaler), ...rules };
}

/**
 * Starts monitoring, scaler and gateway side by side as processes of their own; `closers` ends them in the reverse order, so that the gateway can finish what is under way.
 * They end with us, however we end, and what an earlier run left behind is ended first.
 */
export async function startPlatform(options: PlatformOptions, closers: Closers): Promise<PlatformStart> {
  const { project, ports, token, toolchain, log } = options;
  const { run, state, objects, packages, logs } = project.paths;
  const processes = join(run, 'processes');
  await endLeftovers(processes);
  const guard = closers.add(createGuard());
  const register = createProcessRegister(processes);
  const programs = options.monitoring && 'prometheus' in toolchain.monitoring ? toolchain.monitoring : undefined;
  const urls = platformUrls(ports, programs !== undefined);
  const rulesFile = join(run, 'prometheus', 'rules', 'functions.yml');
  const common = { storeDir: objects, internalToken: token, host: HOST };
  const addresses = { gateways: [`${HOST}:${ports.admin}`], scaler: `${HOST}:${ports.scaler}` };

  const start = (name: 'gateway' | 'scaler', env: Record<string, string>, readyUrl: string) =>
    closers.addStarting(
      startDaemon({
        name,
        command: process.execPath,
        args: ['--enable-source-maps', join(siblingFolder(name), `main${extname(import.meta.url)}`)],
        cwd: project.root,
        env: { ...programEnv(options.env), ...env },
        logFile: join(logs, `${name}.log`),
        readyUrl,
        guard,
        register,
        log,
      }),
    );

  const monitoring = programs && closers.addStarting(startMonitoring({ programs, dir: run, ports, ...addresses, token, rulesFile, log }));
  const scaler = start(
    'scaler',
    renderEnv(scalerConfig, {
      ...common,
      port: ports.scaler,
      stateDir: state,
      packageDir: packages,
      runtimesDir: siblingFolder('runtimes'),
      python: 'path' in toolchain.python ? toolchain.python.path : '',
      goWatcher: 'file' in toolchain.go ? toolchain.go.file : '',
      java: 'file' in toolchain.java ? toolchain.java.java : '',
      javaWatcher: 'file' in toolchain.java ? toolchain.java.file : '',
      secretsFile: options.secretsFile,
      gatewayUrl: urls.admin,
      ...(programs && { prometheusUrl: urls.prometheus ?? '', alertmanagerUrl: urls.alertmanager ?? '', rulesFile }),
    }),
    `${urls.scaler}${SCALER_PATHS.health}`,
  );
  const gateway = start(
    'gateway',
    renderEnv(gatewayConfig, {
      ...common,
      gatewayId: 'gateway-1',
      port: ports.gateway,
      adminPort: ports.admin,
      scalerUrl: urls.scaler,
      logDir: join(state, 'logs'),
    }),
    `${urls.admin}${ADMIN_PATHS.ready}`,
  );
  return { gateway, scaler, ...(monitoring && { monitoring }) };
}

/** What programs need to run, and nothing of ours. */
function programEnv(env: PlatformOptions['env']): Record<string, string> {
  const kept = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'];
  return Object.fromEntries(kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
