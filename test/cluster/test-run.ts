import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTestImages } from './images/load.ts';
import { clusterFolders, type Folders } from './machine/folders.ts';
import { openCluster } from './machine/cluster.ts';
import { hasKind } from './machine/kind.ts';
import { prepareMachineCluster } from './machine/machine.ts';
import { findObstacle } from './machine/probe.ts';
import { ensurePulumi } from './machine/programs.ts';
import { ensureCluster, removeCluster, runningProvider } from './machine/provider.ts';
import type { FileResult } from '../tiers.ts';

/** The cluster of one `npm test`. */
export interface TestCluster {
  /** Runs the tests on it: waits until it is built, starts it unless it ran before, and then stops it again. A cluster that does not come up is a broken suite. */
  use(runTests: () => Promise<FileResult[]>): Promise<FileResult[]>;
}

/**
 * Finds out whether this machine has or can have a cluster, and begins to build what it takes. A cluster that KUBECONFIG happens to name is not touched: it is used after `npm run cluster` alone.
 * @returns undefined where none can be had
 */
export async function findTestCluster(say: (line: string) => void): Promise<TestCluster | undefined> {
  const folders = clusterFolders();
  const ran = runningProvider(folders) !== undefined;
  const obstacle = await findObstacle(folders);
  if (!ran && obstacle !== undefined && !(await hasKind())) {
    say(`! no cluster: ${obstacle}`);
    return undefined;
  }
  const tell = (line: string) => say(`… cluster: ${line}`);
  const build = !ran && obstacle === undefined ? prepareMachineCluster(folders, tell, true) : Promise.resolve();
  // Whoever waits for it learns of it; until then it is nobody's.
  build.catch(() => undefined);
  const pulumi = build.then(() => ensurePulumi({ cache: folders.cache, say: tell, inBackground: true }));
  pulumi.catch(() => undefined);
  const stop = async () => void (ran || (await removeCluster(folders)));
  return {
    async use(runTests) {
      const interrupt = () => void stop().finally(() => process.exit(130));
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
      try {
        await build;
        const provider = await ensureCluster({ folders, say: tell });
        // Not in the first test that needs them, which would have to wait for it.
        if (provider !== 'given') await loadTestImages(await openCluster(), tell);
        // The tests that need it say why there is none.
        await pulumi.catch(() => undefined);
        return await runTests();
      } catch (error) {
        showLogs(folders, say);
        return [{ file: 'test/cluster/machine.test.ts', passed: 0, failures: [], skipped: 0, broken: (error as Error).message }];
      } finally {
        await stop();
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
      }
    },
  };
}

/** The logs go with the cluster: their ends are shown while they are there. */
function showLogs({ log }: Folders, say: (line: string) => void): void {
  for (const name of safeList(log).filter((file) => file.endsWith('.log') && file !== 'audit.log')) {
    const lines = readFileSync(join(log, name), 'utf8').trimEnd().split('\n');
    say([`--- ${name}`, ...lines.slice(-5)].join('\n'));
  }
}

function safeList(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
