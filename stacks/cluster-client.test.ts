import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { withClient } from './cluster-client.ts';

test('nothing is left of a kubeconfig that was given as content, also where it is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fib-client-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(withClient({ kubeconfig: 'apiVersion: v1\nkind: Config\n' }, () => Promise.resolve())).rejects.toThrow();
  expect(await readdir(folder)).toEqual([]);
});
