import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePart } from '../machine/cache.ts';
import type { Cluster } from '../machine/cluster.ts';
import { command } from '../machine/command.ts';
import { clusterFolders } from '../machine/folders.ts';

/** Where others' CustomResourceDefinitions are: in folders of their Go modules. */
const SOURCES = [
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    folder: 'example/prometheus-operator-crd',
    kinds: /_(servicemonitors|podmonitors|prometheusrules|alertmanagerconfigs)\.yaml$/,
  },
  { module: 'sigs.k8s.io/gateway-api@v1.4.0', folder: 'config/crd/standard', kinds: /_httproutes\.yaml$/ },
] as const;

/** CustomResourceDefinitions of the Prometheus Operator and of the Gateway API, whose objects a Platform may have. */
export interface ForeignCrds {
  /** Takes away those that were not there before. */
  close(): Promise<void>;
}

export async function installForeignCrds(cluster: Cluster): Promise<ForeignCrds> {
  const names = async () => (await cluster.kubectl(['get', 'crd', '-o', 'name'])).split('\n').filter((name) => name !== '');
  const before = await names();
  await cluster.kubectl(['apply', '--server-side', '-f', await fetchCrds()]);
  const added = (await names()).filter((name) => !before.includes(name));
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=60s', ...added]);
  return { close: async () => void (added.length > 0 && (await cluster.kubectl(['delete', ...added]))) };
}

/** @returns a folder with one file each */
function fetchCrds(): Promise<string> {
  return ensurePart({
    cache: clusterFolders().cache,
    name: 'foreign-crds',
    recipe: SOURCES.map(({ module, folder, kinds }) => `${module} ${folder} ${kinds.source}`).join('\n'),
    async build(work) {
      for (const { module, folder, kinds } of SOURCES) {
        const { Dir } = JSON.parse(await command('go', ['mod', 'download', '-json', module], { env: process.env })) as { Dir: string };
        const files = readdirSync(join(Dir, folder)).filter((name) => kinds.test(name));
        for (const name of files) cpSync(join(Dir, folder, name), join(work, name));
      }
    },
  });
}
