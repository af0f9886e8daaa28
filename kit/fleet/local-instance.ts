import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceTemplate } from './fleet.ts';
import { launchContainer } from './local-container.ts';
import { type ContainerPrograms, removeContainer } from './local-container-program.ts';
import type { Guard } from './local-guard.ts';
import type { ProcessRegister } from './local-leftovers.ts';
import { createInstanceLog } from './local-log.ts';
import { type InstanceProcessOptions, type Listening, startInstanceProcess } from './local-process.ts';
import type { RuntimeStart } from './local-start.ts';

export interface InstanceHost {
  readonly stateDir: string;
  /** Of the scaler; base64url (watcher.md W1.1). */
  readonly publicKey: string;
  readonly guard: Guard;
  readonly register: ProcessRegister;
  readonly startTimeoutMs: number;
  /** How the watchers of runtimes are started. */
  readonly starts: ReadonlyMap<string, RuntimeStart>;
  readonly programs: ContainerPrograms;
  /** @throws PlatformError SECRET_MISSING */
  secretValue(namespace: string, name: string, key: string): string;
}

export interface StartedInstance {
  readonly pid: number | undefined;
  terminate(): void;
  kill(): void;
}

/** How an instance is started. */
export interface Launch extends Pick<InstanceProcessOptions, 'command' | 'args' | 'env' | 'port' | 'startTimeoutMs'> {
  /** It is a container of this program, which does not end with its process. */
  readonly program?: string;
}

interface Callbacks {
  onListening(listening: Listening): void;
  /** Once; its processes are gone. `cleaned` resolves when its scratch folder is gone too. */
  onExit(reason: string, cleaned: Promise<void>): void;
}

const HOST = '127.0.0.1';

/** Starts one instance with a scratch folder of its own and nothing of the scaler's environment but what programs need to run. @throws PlatformError RUNTIME_UNAVAILABLE, SECRET_MISSING */
export async function startInstance(host: InstanceHost, id: string, template: InstanceTemplate, callbacks: Callbacks): Promise<StartedInstance> {
  const { container } = template;
  const scratch = join(host.stateDir, 'instances', id);
  const { program, ...launch } = container ? await launchContainer(host, id, { ...template, container }) : launchWatcher(host, id, scratch, template);
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const cleanUp = async () => {
    await Promise.allSettled([host.register.remove(id), rm(scratch, { recursive: true, force: true, maxRetries: 3 })]);
  };
  const started = startInstanceProcess({
    ...launch,
    guard: host.guard,
    cwd: scratch,
    log: createInstanceLog(join(host.stateDir, 'logs', `${id}.log`)),
    onListening: callbacks.onListening,
    onExit: (reason) => callbacks.onExit(reason, cleanUp()),
  });
  if (started.pid !== undefined) void host.register.add(id, started.pid, program).catch(() => undefined);
  if (program === undefined) return started;
  return { ...started, kill: () => void removeContainer(program, id).then(() => started.kill()) };
}

/** `host:port` of a port that an instance here listens on. */
export function addressOf(port: number): string {
  return `${HOST}:${port}`;
}

function launchWatcher(host: InstanceHost, id: string, scratch: string, template: InstanceTemplate): Launch {
  const { command, args, env } = host.starts.get(template.runtime) as RuntimeStart & { kind: 'start' };
  return { command, args, env: { ...baseEnv(), ...env, ...watcherEnv(host, id, scratch, template) }, startTimeoutMs: host.startTimeoutMs };
}

function watcherEnv(host: InstanceHost, id: string, scratch: string, template: InstanceTemplate): Record<string, string> {
  return {
    FIB_INSTANCE: id,
    FIB_SCRATCH: scratch,
    FIB_PUBLIC_KEY: host.publicKey,
    FIB_HOST: HOST,
    FIB_DATA_PORT: '0',
    FIB_CONTROL_PORT: '0',
    FIB_MEMORY_LIMIT_BYTES: String(template.memoryBytes),
  };
}

function baseEnv(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'];
  return Object.fromEntries(kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}
