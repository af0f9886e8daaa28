import { mkdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { createLocalFleet } from '../../kit/fleet/local.ts';
import { createFileStore } from '../../kit/store/files.ts';
import { readPackageFolder } from '../apply/package-folder.ts';
import { createLocalLeadership } from '../leader/local.ts';
import { loadSigningKey } from '../leader/signing-key.ts';
import { createFileSecrets } from '../observe/secrets-file.ts';
import { shareWatches } from '../observe/shared-watches.ts';
import { createRulesFile } from '../rules/rules-file.ts';
import type { World, WorldOptions } from './world.ts';

/** One machine: watched files, child processes, and nobody else who could lead. */
export async function openLocalWorld({ config }: WorldOptions): Promise<World> {
  await mkdir(config.stateDir, { recursive: true });
  const key = await loadSigningKey(config.stateDir);
  const leadership = await createLocalLeadership(config.stateDir);
  const store = shareWatches(await createFileStore(config.storeDir));
  const { python, goWatcher, java, javaWatcher } = config;
  const programs = { node: process.execPath, python, goWatcher, java, javaWatcher, ext: extname(import.meta.url) };
  let onSecretsChange = () => {};
  const secrets = await createFileSecrets(config.secretsFile, () => onSecretsChange());
  const fleet = await createLocalFleet({
    runtimesDir: config.runtimesDir,
    stateDir: config.stateDir,
    publicKey: key.publicKey,
    programs,
    secretValue: secrets.value,
  });
  return {
    store,
    fleet,
    leadership,
    key,
    internalToken: config.internalToken,
    readPackage: readPackageFolder(config.packageDir),
    rules: config.rulesFile === '' ? undefined : createRulesFile(config.rulesFile),
    async openSecrets({ onChange }) {
      onSecretsChange = onChange;
      return secrets;
    },
    announce: async () => undefined,
    async close() {
      await fleet.close();
      await Promise.all([store.close(), leadership.close()]);
    },
  };
}
