import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PlatformError } from '../../protocol/errors.ts';

/** The `exec` entry of a kubeconfig's user (Kubernetes, "client-go credential plugins"). */
export interface ExecPlugin {
  readonly apiVersion?: string;
  readonly command: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly installHint?: string;
  readonly provideClusterInfo?: boolean;
}

/** What a plugin answers. */
export interface ExecCredential {
  readonly token?: string;
  readonly clientCertificateData?: string;
  readonly clientKeyData?: string;
  /** RFC 3339; absent = good for as long as the process lives. */
  readonly expirationTimestamp?: string;
}

const TIMEOUT_MS = 60_000;

/** Runs a credential plugin. It inherits `env` and never asks on the terminal. @throws PlatformError CONFIG_INVALID */
export async function runExecPlugin(plugin: ExecPlugin, cluster: object, env: Readonly<Record<string, string | undefined>>): Promise<ExecCredential> {
  const { apiVersion = 'client.authentication.k8s.io/v1', command, args, provideClusterInfo } = plugin;
  const info = { apiVersion, kind: 'ExecCredential', spec: { interactive: false, ...(provideClusterInfo && { cluster }) } };
  const own = Object.fromEntries((plugin.env ?? []).map(({ name, value }) => [name, value]));
  try {
    const { stdout } = await promisify(execFile)(command, args ?? [], {
      env: { ...env, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      timeout: TIMEOUT_MS,
      maxBuffer: 1024 * 1024,
    });
    const { status } = JSON.parse(stdout) as { status?: ExecCredential };
    if (!status?.token && !status?.clientCertificateData) throw new Error('it printed neither a token nor a client certificate');
    return status;
  } catch (cause) {
    const hint = plugin.installHint ? `\n${plugin.installHint}` : '';
    throw new PlatformError('CONFIG_INVALID', `the credential plugin ${command} of the kubeconfig failed: ${(cause as Error).message}${hint}`, { cause });
  }
}
