import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import type { Credentials } from './credentials.ts';

/** Where Kubernetes mounts a pod's service account ("Accessing the Kubernetes API from a Pod"). */
const SERVICE_ACCOUNT_DIR = '/var/run/secrets/kubernetes.io/serviceaccount';
/** The kubelet replaces the token's file well before it expires. */
const TOKEN_FRESH_MS = 10_000;

export interface InClusterOptions {
  /** Values of `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`. @default the name that the cluster's DNS gives the API server */
  readonly host?: string;
  readonly port?: string;
  /** @default where Kubernetes mounts it */
  readonly dir?: string;
}

/** The pod's own service account; its token is read again as it rotates. @throws PlatformError CONFIG_INVALID outside a pod */
export async function inClusterCredentials({
  host = 'kubernetes.default.svc',
  port = '443',
  dir = SERVICE_ACCOUNT_DIR,
}: InClusterOptions): Promise<Credentials> {
  const read = async (file: string) => (await readFile(join(dir, file), 'utf8')).trim();
  const [ca, namespace] = await Promise.all([read('ca.crt'), read('namespace'), read('token')]).catch((cause: unknown) => {
    throw new PlatformError('CONFIG_INVALID', `no service account at ${dir}: outside a cluster, give a kubeconfig`, { cause });
  });
  const tls = { ca };
  let token: { readonly text: string; readonly readAt: number } | undefined;
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    namespace,
    async current() {
      if (!token || performance.now() - token.readAt > TOKEN_FRESH_MS) token = { text: await read('token'), readAt: performance.now() };
      return { tls, authorization: `Bearer ${token.text}` };
    },
    refused() {
      token = undefined;
    },
  };
}
