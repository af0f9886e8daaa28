import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import { startTimeOf } from '../../kit/fleet/local-leftovers.ts';

/** What the other commands need to know of a running `fib dev`; mode 0600, because it holds the internal token. */
export interface DevFile {
  readonly pid: number;
  /** When the system says that the process started: a reused pid has another one. */
  readonly startTime: string;
  readonly stack: string;
  readonly token: string;
  readonly urls: {
    readonly gateway: string;
    readonly admin: string;
    readonly scaler: string;
    readonly prometheus?: string;
    readonly alertmanager?: string;
  };
  readonly paths: { readonly packages: string; readonly logs: string; readonly instanceLogs: string };
}

/** The file of a `fib dev` that lives; undefined where there is none, or only what a killed one left. */
export async function readDevFile(file: string): Promise<DevFile | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const dev = JSON.parse(text) as DevFile;
  return (await startTimeOf(dev.pid)) === dev.startTime ? dev : undefined;
}

/**
 * Claims the project for this process until `close`.
 * @throws PlatformError ALREADY_RUNNING naming who has it
 */
export async function claimProject(file: string, content: Omit<DevFile, 'pid' | 'startTime'>): Promise<{ close(): Promise<void> }> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const own: DevFile = { ...content, pid: process.pid, startTime: (await startTimeOf(process.pid)) ?? '' };
  // A link is made whole or not at all, so that two who start at once cannot both succeed.
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(own, null, 2)}\n`, { mode: 0o600 });
  try {
    for (;;) {
      if (await tryLink(draft, file)) return { close: () => rm(file, { force: true }) };
      const other = await readDevFile(file);
      if (other) throw alreadyRunning(other);
      await rm(file, { force: true });
    }
  } finally {
    await rm(draft, { force: true });
  }
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function alreadyRunning(other: DevFile): PlatformError {
  const message = `process ${other.pid} runs ${other.stack} for this project already, at ${other.urls.gateway}: use that one, or end it with Ctrl-C (kill ${other.pid})`;
  return new PlatformError('ALREADY_RUNNING', message, { details: { pid: other.pid, gateway: other.urls.gateway } });
}
