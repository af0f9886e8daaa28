import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';
import type { Cluster } from '../../../cluster/machine/cluster.ts';

/** A service account of its own, so that the audit log tells whose requests are whose. */
export interface Account {
  /** `system:serviceaccount:<namespace>:<name>`. */
  readonly user: string;
  /** Path. */
  readonly kubeconfig: string;
}

/** Makes an account that may do anything, and a kubeconfig in `dir`. */
export async function createAccount(cluster: Cluster, namespace: string, name: string, dir: string): Promise<Account> {
  const user = `system:serviceaccount:${namespace}:${name}`;
  await cluster.kubectl(['create', 'serviceaccount', name, '-n', namespace]);
  await cluster.kubectl(['create', 'clusterrolebinding', bindingOf(namespace, name), '--clusterrole=cluster-admin', `--serviceaccount=${namespace}:${name}`]);
  const token = (await cluster.kubectl(['create', 'token', name, '-n', namespace, '--duration=4h'])).trim();
  const config = parse(await readFile(cluster.kubeconfig, 'utf8')) as { readonly users: readonly { readonly name: string }[] };
  const users = config.users.map((entry) => ({ name: entry.name, user: { token } }));
  const kubeconfig = `${dir}/${name}.kubeconfig`;
  await writeFile(kubeconfig, JSON.stringify({ ...config, users }), { mode: 0o600 });
  return { user, kubeconfig };
}

export async function removeAccount(cluster: Cluster, namespace: string, name: string): Promise<void> {
  await cluster.kubectl(['delete', 'clusterrolebinding', bindingOf(namespace, name), '--ignore-not-found']);
}

function bindingOf(namespace: string, name: string): string {
  return `${namespace}-${name}`;
}

/** Requests of these users that the API server answered from now until it is ended, by `<verb> <resource>`. */
export async function watchAudit(file: string, users: readonly string[]): Promise<() => Promise<ReadonlyMap<string, number>>> {
  const start = (await stat(file)).size;
  const since = Date.now();
  return async () => {
    const until = Date.now();
    const counts = new Map<string, number>();
    // It begins anew when it is full.
    const from = (await stat(file)).size < start ? 0 : start;
    for await (const line of createInterface({ input: createReadStream(file, { start: from }) })) {
      if (!users.some((user) => line.includes(`"${user}"`)) || !line.endsWith('}')) continue;
      const { verb, stage, objectRef, requestReceivedTimestamp, user } = JSON.parse(line) as AuditEntry;
      const at = Date.parse(requestReceivedTimestamp);
      // A watch is told of twice: when it begins and when it ends.
      if (!users.includes(user.username) || at < since || at > until || stage === 'ResponseStarted') continue;
      const what = `${verb} ${objectRef?.resource ?? ''}`;
      counts.set(what, (counts.get(what) ?? 0) + 1);
    }
    return counts;
  };
}

interface AuditEntry {
  readonly verb: string;
  readonly stage: string;
  readonly requestReceivedTimestamp: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly resource?: string };
}
