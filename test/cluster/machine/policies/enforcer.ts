import { type KubernetesClient, resourcePath } from '../../../../kit/kubernetes/client.ts';
import { watchResources } from '../../../../kit/kubernetes/list-watch.ts';
import type { Log } from '../../../../kit/log.ts';
import { command } from '../command.ts';
import type { Metadata, Namespace, NetworkPolicy, Pod } from './objects.ts';
import { POLICY_CHAIN, renderChains, renderRestore } from './render.ts';

export interface EnforcerOptions {
  readonly client: KubernetesClient;
  /** Starters that run a program inside a node, one for each node. */
  readonly nodes: readonly string[];
  readonly log: Log;
}

/** Changes come in bursts: a rollout, a drain. */
const GATHER_MS = 30;

/** Keeps the packet rules of every node as the cluster's NetworkPolicies, Pods and Namespaces say. While the API server is away the last rules stay. */
export async function startEnforcer({ client, nodes, log }: EnforcerOptions): Promise<{ close(): Promise<void> }> {
  await Promise.all(nodes.map(hook));
  const rules = new Rules(nodes, log);
  const follow = <T extends { readonly metadata: Metadata }>(objects: Map<string, T>, path: string) => {
    const key = ({ metadata }: T) => `${metadata.namespace ?? ''}/${metadata.name}`;
    return watchResources<T>({
      client,
      path,
      log,
      onSync: (items) => {
        for (const item of items) objects.set(key(item), item);
        rules.synced();
      },
      onEvent: ({ type, object }) => {
        if (type === 'deleted') objects.delete(key(object));
        else objects.set(key(object), object);
        rules.changed();
      },
    });
  };
  const watches = [
    follow(rules.pods, resourcePath({ version: 'v1', plural: 'pods' })),
    follow(rules.namespaces, resourcePath({ version: 'v1', plural: 'namespaces' })),
    follow(rules.policies, resourcePath({ group: 'networking.k8s.io', version: 'v1', plural: 'networkpolicies' })),
  ];
  return {
    async close() {
      await Promise.all(watches.map((watch) => watch.close()));
      await rules.close();
      await Promise.all(nodes.map(unhook));
    },
  };
}

/** What is known of the cluster, and the rules that were last made of it. */
class Rules {
  readonly pods = new Map<string, Pod>();
  readonly namespaces = new Map<string, Namespace>();
  readonly policies = new Map<string, NetworkPolicy>();
  readonly #nodes: readonly string[];
  readonly #log: Log;
  /** Kinds of which nothing is known yet. */
  #unknown = 3;
  #applied = { text: '', chains: new Set<string>() };
  #timer: NodeJS.Timeout | undefined;
  #applying = Promise.resolve();

  constructor(nodes: readonly string[], log: Log) {
    this.#nodes = nodes;
    this.#log = log;
  }

  synced(): void {
    this.#unknown -= 1;
    this.changed();
  }

  changed(): void {
    if (this.#unknown > 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#applying = this.#applying.then(() => this.#apply());
    }, GATHER_MS);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#applying;
  }

  async #apply(): Promise<void> {
    const chains = renderChains({ pods: [...this.pods.values()], namespaces: [...this.namespaces.values()], policies: [...this.policies.values()] });
    const text = renderRestore(chains, this.#applied.chains);
    if (text === this.#applied.text) return;
    try {
      await Promise.all(this.#nodes.map((node) => command(node, ['iptables-restore', '--noflush'], { input: text })));
      this.#applied = { text, chains: new Set(chains.keys()) };
    } catch (error) {
      this.#log.error('rules were refused', { err: error });
    }
  }
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
