import type { Command } from 'commander';
import { isErrorCode, PlatformError } from '../protocol/errors.ts';
import { ADMIN_PATHS, HEADERS } from '../protocol/names.ts';
import { readDevFile, type DevFile } from './dev/dev-file.ts';
import { fetchPools, type PoolView } from './dev/pools.ts';
import { findDevFile } from './project.ts';

/** Options of every command that talks to a running platform. */
export interface AdminOptions {
  readonly admin?: string;
}

export function addAdminOptions(command: Command): Command {
  return command.option('--admin <url>', 'admin API of a gateway (default: that of `fib dev` in this folder; the token is read from FIB_INTERNAL_TOKEN)');
}

/** A function as `/v1/functions` lists it: the fields that the commands use. */
export interface FunctionView {
  readonly namespace: string;
  readonly name: string;
  readonly runtime: string;
  readonly deployment: { readonly type: string; readonly pool?: string };
  readonly routes: readonly { readonly path: string; readonly methods: readonly string[]; readonly host?: string; readonly accepted: boolean }[];
  readonly timers: readonly { readonly trigger: string; readonly schedule: string; readonly timeZone: string; readonly data?: string }[];
  readonly instances: number;
  readonly readyInstances: number;
  readonly inFlight: number;
  readonly waiting: number;
  readonly invocations: { readonly succeeded: number; readonly clientErrors: number; readonly failed: number; readonly timedOut: number };
  readonly status: { readonly lastError?: { readonly code: string; readonly message: string } };
}

export interface InstanceView {
  readonly id: string;
  readonly function: string;
  readonly content: string;
  readonly address: string;
  readonly state: string;
  readonly inFlight: number;
}

export interface AdminClient {
  readonly url: string;
  /** What runs here; undefined with `--admin`. */
  readonly dev: DevFile | undefined;
  functions(): Promise<FunctionView[]>;
  instances(): Promise<InstanceView[]>;
  /** From the scaler here; none with `--admin`. */
  pools(): Promise<PoolView[]>;
  /** The one function that `hello` or `default/hello` names. @throws PlatformError FUNCTION_NOT_FOUND */
  findFunction(name: string): Promise<FunctionView>;
  /** @throws PlatformError NOT_RUNNING where nothing answers */
  request(path: string, init?: RequestInit): Promise<Response>;
}

/** @throws PlatformError NOT_RUNNING where no platform runs for the folder */
export async function connectAdmin({ admin }: AdminOptions, cwd: string, env: Readonly<Record<string, string | undefined>>): Promise<AdminClient> {
  const file = admin === undefined ? findDevFile(cwd) : undefined;
  const dev = file === undefined ? undefined : await readDevFile(file);
  const url = admin?.replace(/\/$/, '') ?? dev?.urls.admin;
  if (url === undefined) throw new PlatformError('NOT_RUNNING', `no platform runs for ${cwd} or a folder above it`);
  return createAdminClient(url, dev?.token ?? env['FIB_INTERNAL_TOKEN'] ?? '', dev);
}

function createAdminClient(url: string, token: string, dev: DevFile | undefined): AdminClient {
  const request = async (path: string, init: RequestInit = {}) => {
    try {
      return await fetch(`${url}${path}`, { ...init, headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${token}` } });
    } catch (error) {
      if ((error as Error).name === 'AbortError') throw error;
      throw new PlatformError('NOT_RUNNING', `${url} does not answer: ${String(((error as Error).cause as Error | undefined)?.message ?? error)}`, {
        cause: error,
      });
    }
  };
  const list = async <T>(path: string, field: string): Promise<T[]> => {
    const response = await request(path);
    if (!response.ok) throw await errorOf(response);
    return ((await response.json()) as Record<string, T[]>)[field] ?? [];
  };
  const functions = () => list<FunctionView>(ADMIN_PATHS.functions, 'functions');
  return {
    url,
    dev,
    request,
    functions,
    instances: () => list<InstanceView>(ADMIN_PATHS.instances, 'instances'),
    pools: async () => (dev ? fetchPools(dev.urls.scaler, token) : []),
    async findFunction(name) {
      const all = await functions();
      const found = all.filter((fn) => name === fn.name || name === `${fn.namespace}/${fn.name}`);
      if (found.length === 1 && found[0]) return found[0];
      const names = (found.length > 1 ? found : all).map((fn) => `${fn.namespace}/${fn.name}`).join(', ');
      throw new PlatformError(
        'FUNCTION_NOT_FOUND',
        found.length > 1 ? `"${name}" could be ${names}: say which` : `there is no function "${name}"; there is ${names || 'none at all'}`,
      );
    },
  };
}

/** The platform's own error in an answer. */
export async function errorOf(response: Response): Promise<PlatformError> {
  const code = response.headers.get(HEADERS.error);
  const body = await response.text();
  if (!isErrorCode(code)) return new PlatformError('INTERNAL', `${response.url} answered ${response.status}: ${body.slice(0, 500)}`);
  return new PlatformError(code, (JSON.parse(body) as { message?: string }).message ?? body);
}
