import { readFile } from 'node:fs/promises';
import { delimiter, dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { PlatformError } from '../../protocol/errors.ts';
import type { Credentials, Identity, TlsOptions } from './credentials.ts';
import { type ExecPlugin, runExecPlugin } from './exec-plugin.ts';

export interface KubeconfigOptions {
  /** Path, or several as `$KUBECONFIG` has them: the first that names a thing wins. */
  readonly files: string;
  /** @default the current one */
  readonly context?: string;
  /** What credential plugins inherit. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A token file or plugin is asked again this long before its credential ends. */
const EXPIRY_MARGIN_MS = 30_000;
const TOKEN_FRESH_MS = 10_000;

interface Cluster {
  readonly server?: string;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'tls-server-name'?: string;
  readonly 'proxy-url'?: string;
}

interface User {
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly exec?: ExecPlugin;
  readonly username?: string;
  readonly 'auth-provider'?: { readonly name?: string };
}

interface Context {
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string;
}

/** A named entry with the folder that its relative paths start from. */
interface Found<T> {
  readonly value: T;
  readonly dir: string;
}

/**
 * Credentials of one context (Kubernetes, "Organizing Cluster Access Using kubeconfig Files"): client certificate, bearer token, token file or credential plugin.
 * @throws PlatformError CONFIG_INVALID
 */
export async function kubeconfigCredentials({ files, context: wanted, env }: KubeconfigOptions): Promise<Credentials> {
  const configs = await readConfigs(files);
  const current = wanted ?? configs.map(({ value }) => value['current-context']).find((name) => typeof name === 'string' && name !== '');
  if (typeof current !== 'string') throw problem(files, 'it has no current context: choose one with --context');
  const find = <T>(list: string, member: string, name: string): Found<T> => {
    for (const { value, dir } of configs) {
      const entry = ((value[list] ?? []) as { name?: string }[]).find((candidate) => candidate.name === name);
      if (entry) return { value: ((entry as Record<string, unknown>)[member] ?? {}) as T, dir };
    }
    throw problem(files, `it has no ${member} "${name}"`);
  };
  const { value: context } = find<Context>('contexts', 'context', current);
  const cluster = find<Cluster>('clusters', 'cluster', context.cluster);
  const user = find<User>('users', 'user', context.user);
  const { server, 'proxy-url': proxy } = cluster.value;
  if (!server) throw problem(files, `the cluster "${context.cluster}" has no server`);
  if (proxy) throw problem(files, `the cluster "${context.cluster}" is behind the proxy ${proxy}, which is not supported: reach it by a tunnel`);
  const retired = user.value['auth-provider'] ? `auth-provider "${user.value['auth-provider'].name}"` : user.value.username && 'basic authentication';
  if (retired)
    throw problem(files, `the user "${context.user}" signs in by ${retired}, which Kubernetes has given up: use a credential plugin (exec) or a token`);
  const identity = await createIdentity(await clusterTls(cluster), user, cluster.value, env);
  return { server: server.replace(/\/+$/, ''), ...(context.namespace && { namespace: context.namespace }), ...identity };
}

async function readConfigs(files: string): Promise<Found<Record<string, unknown>>[]> {
  const found: Found<Record<string, unknown>>[] = [];
  for (const file of files.split(delimiter).filter((path) => path !== '')) {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw problem(file, error.message);
    });
    if (text === undefined) continue;
    const value: unknown = parse(text);
    if (value === null || typeof value !== 'object') throw problem(file, 'it is not a kubeconfig');
    found.push({ value: value as Record<string, unknown>, dir: dirname(resolve(file)) });
  }
  if (found.length === 0) throw problem(files, 'there is no such file');
  return found;
}

async function clusterTls({ value, dir }: Found<Cluster>): Promise<TlsOptions> {
  const ca = await content(value['certificate-authority-data'], value['certificate-authority'], dir);
  return {
    ...(ca !== undefined && { ca }),
    ...(value['tls-server-name'] && { servername: value['tls-server-name'] }),
    ...(value['insecure-skip-tls-verify'] && { rejectUnauthorized: false }),
  };
}

async function createIdentity(
  base: TlsOptions,
  { value: user, dir }: Found<User>,
  cluster: Cluster,
  env: KubeconfigOptions['env'],
): Promise<Pick<Credentials, 'current' | 'refused'>> {
  const cert = await content(user['client-certificate-data'], user['client-certificate'], dir);
  const key = await content(user['client-key-data'], user['client-key'], dir);
  const tls: TlsOptions = { ...base, ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) };
  const ask = async (): Promise<Held> => {
    if (user.exec) return fromPlugin(user.exec, tls, cluster, env);
    if (!user.tokenFile) return { identity: { tls, ...(user.token && { authorization: `Bearer ${user.token}` }) }, untilMs: Infinity };
    const token = (await readFile(resolve(dir, user.tokenFile), 'utf8')).trim();
    return { identity: { tls, authorization: `Bearer ${token}` }, untilMs: Date.now() + TOKEN_FRESH_MS };
  };
  let held: Promise<Held> | undefined;
  return {
    async current() {
      const before = held;
      if (before && (await before).untilMs <= Date.now() && held === before) held = undefined;
      held ??= ask();
      held.catch(() => (held = undefined));
      return (await held).identity;
    },
    refused() {
      if (user.exec || user.tokenFile) held = undefined;
    },
  };
}

interface Held {
  readonly identity: Identity;
  readonly untilMs: number;
}

async function fromPlugin(plugin: ExecPlugin, base: TlsOptions, cluster: Cluster, env: KubeconfigOptions['env']): Promise<Held> {
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = await runExecPlugin(plugin, cluster, env);
  const tls = { ...base, ...(cert && { cert }), ...(key && { key }) };
  const untilMs = expirationTimestamp ? Date.parse(expirationTimestamp) - EXPIRY_MARGIN_MS : Infinity;
  return { identity: { tls, ...(token && { authorization: `Bearer ${token}` }) }, untilMs };
}

/** Text from base64 data or else from a file. */
async function content(data: string | undefined, file: string | undefined, dir: string): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  return file ? readFile(resolve(dir, file), 'utf8') : undefined;
}

function problem(files: string, message: string): PlatformError {
  return new PlatformError('CONFIG_INVALID', `the kubeconfig ${files}: ${message}`);
}
