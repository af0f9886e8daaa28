import { clusterFolders } from './folders.ts';
import { ensureCluster, removeCluster, runningProvider } from './provider.ts';

/** `npm run cluster` and `npm run cluster:down`. */
async function main([verb = 'up']: readonly string[]): Promise<void> {
  const folders = clusterFolders();
  const say = (line: string) => void process.stderr.write(`  … ${line}\n`);
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  if (verb === 'down') {
    await removeCluster(folders);
    print('the cluster is gone');
    return;
  }
  const begun = Date.now();
  const ran = runningProvider(folders) !== undefined;
  const provider = await ensureCluster({ folders, say, given: process.env['KUBECONFIG'] });
  print(ran ? `the cluster runs already (${provider})` : `the cluster is ready after ${((Date.now() - begun) / 1000).toFixed(0)} s (${provider})`);
  print(`export KUBECONFIG=${folders.kubeconfig}${provider === 'machine' ? ` PATH=${folders.bin}:$PATH` : ''}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`  ✗ ${(error as Error).message}\n`);
  process.exitCode = 1;
}
