import { loadTestImages } from '../../cluster/images/load.ts';
import { openCluster } from '../../cluster/machine/cluster.ts';
import { clusterFolders } from '../../cluster/machine/folders.ts';
import { ensureCluster, removeCluster, runningProvider } from '../../cluster/machine/provider.ts';
import { runBenches } from '../benches.ts';

const say = (line: string) => void process.stderr.write(`… ${line}\n`);

/** `npm run bench:cluster [-- --json] [-- name…]`: on the test cluster, which is started where it does not run, and then removed again. */
async function main(args: readonly string[]): Promise<number> {
  const folders = clusterFolders();
  const ran = runningProvider(folders) !== undefined;
  const remove = async () => void (ran || (await removeCluster(folders)));
  const before = async () => {
    await ensureCluster({ folders, say });
    await loadTestImages(await openCluster(), say);
  };
  try {
    return await runBenches({ folder: import.meta.dirname, args, before });
  } finally {
    await remove();
  }
}

process.exit(await main(process.argv.slice(2)));
