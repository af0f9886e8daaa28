import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceTemplate } from './fleet.ts';
import type { Guard } from './local-guard.ts';
import type { ProcessRegister } from './local-leftovers.ts';
import { createInstanceLog } from './local-log.ts';
import { type Listening, startWatcherProcess } from './local-process.ts';
import type { RuntimeStart } from './local-start.ts';

export interface InstanceHost {
  readonly stateDir: string;
  /** Of the scaler; base64url (watcher.md W1.1). */
  readonly publicKey: string;
  readonly guard: Guard;
  readonly register: ProcessRegister;
  readonly startTimeoutMs: number;
}

export interface StartedInstance {
  readonly pid: number | undefined;
  terminate(): void;
  kill(): void;
}

interface Callbacks {
  onListening(listening: Listening): void;
  /** Once; its processes are gone. `cleaned` resolves when its scratch folder is gone too. */
  onExit(reason: string, cleaned: Promise<void>): void;
}

const HOST = '127.0.0.1';

/** Starts one watcher with a scratch folder of its own and nothing of the scaler's environment but what programs need to run. */
export async function startInstance(
  host: InstanceHost,
  id: string,
  template: InstanceTemplate,
  start: RuntimeStart & { kind: 'start' },
  callbacks: Callbacks,
): Promise<StartedInstance> {
  const scratch = join(host.stateDir, 'instances', id);
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const log = createInstanceLog(join(host.stateDir, 'logs', `${id}.log`));
  const cleanUp = async () => {
    await Promise.allSettled([host.register.remove(id), rm(scratch, { recursive: true, force: true, maxRetries: 3 })]);
  };
  const process = startWatcherProcess({
    guard: host.guard,
    command: start.command,
    args: start.args,
    cwd: scratch,
    env: { ...baseEnv(), ...start.env, ...watcherEnv(host, id, scratch, template) },
    log,
    startTimeoutMs: host.startTimeoutMs,
    onListening: callbacks.onListening,
    onExit: (reason) => callbacks.onExit(reason, cleanUp()),
  });
  if (process.pid !== undefined) void host.register.add(id, process.pid).catch(() => undefined);
  return process;
}

/** `host:port` of a port that a watcher here listens on. */
export function addressOf(port: number): string {
  return `${HOST}:${port}`;
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
