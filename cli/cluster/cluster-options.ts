import type { Command } from 'commander';

/** Options of every command that talks to a cluster. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

/** @param namespaceIs what the namespace means for the command */
export function addClusterOptions(command: Command, namespaceIs: string): Command {
  return command
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .option('-n, --namespace <name>', namespaceIs)
    .option('--kubeconfig <file>', 'kubeconfig (default: KUBECONFIG, then ~/.kube/config)');
}
