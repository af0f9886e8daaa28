import { createKubernetesClient, resourcePath } from '../../../../kit/kubernetes/client.ts';
import { watchResources } from '../../../../kit/kubernetes/list-watch.ts';
import type { Log } from '../../../../kit/log.ts';
import { command } from '../command.ts';
import type { Metadata, Namespace, NetworkPolicy, Pod } from './objects.ts';
import { POLICY_CHAIN, renderChains, renderRestore } from './render.ts';

export interface EnforcerOptions {
  readonly kubeconfig: string;
  /** Starters that run a program inside a node, one for each node. */
  readonly nodes: readonly string[];
  readonly log: Log;
}

/** Changes come in bursts: a rollout, a drain. */
const GATHER_MS = 30;

/** Keeps the packet rules of every node as the cluster's NetworkPolicies, Pods and Namespaces say. While the API server is away the last rules stay. */
export async function startEnforcer({ kubeconfig, nodes, log }: EnforcerOptions): Promise<{ close(): Promise<void> }> {
  for (const node of nodes) await hook(node);
  const client = await createKubernetesClient({ kubeconfig });
  const known = { pods: new Map<string, Pod>(), namespaces: new Map<string, Namespace>(), policies: new Map<string, NetworkPolicy>() };
  const missing = new Set(Object.keys(known));
  const applied = { text: '', chains: new Set<string>() };
  let [timer, applying] = [undefined as NodeJS.Timeout | undefined, Promise.resolve()];

  const applyRules = async () => {
    const chains = renderChains({ pods: [...known.pods.values()], namespaces: [...known.namespaces.values()], policies: [...known.policies.values()] });
    const text = renderRestore(chains, applied.chains);
    if (text === applied.text) return;
    try {
      await Promise.all(nodes.map((node) => command(node, ['iptables-restore', '--noflush'], { input: text })));
      [applied.text, applied.chains] = [text, new Set(chains.keys())];
    } catch (error) {
      log.error('rules were refused', { err: error });
    }
  };
  const changed = () => {
    if (missing.size > 0 || timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      applying = applying.then(applyRules);
    }, GATHER_MS);
  };
  const follow = <T extends { readonly metadata: Metadata }>(kind: keyof typeof known, objects: Map<string, T>, path: string) => {
    const key = ({ metadata }: T) => `${metadata.namespace ?? ''}/${metadata.name}`;
    return watchResources<T>({
      client,
      path,
      log,
      onSync: (items) => {
        for (const item of items) objects.set(key(item), item);
        missing.delete(kind);
        changed();
      },
      onEvent: ({ type, object }) => {
        if (type === 'deleted') objects.delete(key(object));
        else objects.set(key(object), object);
        changed();
      },
    });
  };
  const watches = [
    follow('pods', known.pods, resourcePath({ version: 'v1', plural: 'pods' })),
    follow('namespaces', known.namespaces, resourcePath({ version: 'v1', plural: 'namespaces' })),
    follow('policies', known.policies, resourcePath({ group: 'networking.k8s.io', version: 'v1', plural: 'networkpolicies' })),
  ];
  return {
    async close() {
      clearTimeout(timer);
      await Promise.all(watches.map((watch) => watch.close()));
      await applying;
      await Promise.all(nodes.map(unhook));
      await client.close();
    },
  };
}

/** In the table `mangle`, which packets pass before the rules of Services can accept them. Rules of an enforcer that was killed are dropped. */
async function hook(node: string): Promise<void> {
  await unhook(node);
  await command(node, ['iptables-restore', '--noflush'], {
    input: `*mangle\n:${POLICY_CHAIN} - [0:0]\n-A FORWARD -j ${POLICY_CHAIN}\n-A INPUT -j ${POLICY_CHAIN}\nCOMMIT\n`,
  });
}

async function unhook(node: string): Promise<void> {
  const rules = (await command(node, ['iptables-save', '-t', 'mangle'])).split('\n');
  const jumps = rules.filter((line) => line.endsWith(`-j ${POLICY_CHAIN}`)).map((line) => line.replace(/^-A/, '-D'));
  const chains = rules.flatMap((line) => /^:(FIB-\S+)/.exec(line)?.[1] ?? []);
  await command(node, ['iptables-restore', '--noflush'], {
    input: ['*mangle', ...jumps, ...chains.map((name) => `-F ${name}`), ...chains.map((name) => `-X ${name}`), 'COMMIT', ''].join('\n'),
  });
}
