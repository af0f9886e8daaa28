import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { ClusterOptions } from './cluster-options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A kubeconfig that is there, and the context that is used. */
export interface KubeconfigChoice {
  /** Path, or several as `$KUBECONFIG` has them. */
  readonly files: string;
  /** Empty where the kubeconfig has no current one. */
  readonly context: string;
  /** Names of all contexts. */
  readonly contexts: readonly string[];
}

/** The kubeconfig that kubectl would take, too; undefined where there is none. */
export async function findKubeconfig({ kubeconfig, context }: ClusterOptions, env: Environment): Promise<KubeconfigChoice | undefined> {
  const files = kubeconfig ?? (env['KUBECONFIG'] || join(env['HOME'] || homedir(), '.kube', 'config'));
  const there = files.split(delimiter).filter((file) => file !== '' && existsSync(file));
  if (there.length === 0) return undefined;
  const { parse } = await import('yaml');
  const configs = await Promise.all(there.map(async (file) => parse(await readFile(file, 'utf8')) as Kubeconfig | null));
  const contexts = configs.flatMap((config) => (config?.contexts ?? []).map(({ name }) => String(name)));
  const current = configs.map((config) => config?.['current-context']).find((name) => typeof name === 'string' && name !== '');
  return { files, context: context ?? current ?? '', contexts };
}

interface Kubeconfig {
  readonly contexts?: readonly { readonly name?: string }[];
  readonly 'current-context'?: string;
}
