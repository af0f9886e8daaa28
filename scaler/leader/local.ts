import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Leadership } from './leader.ts';

/** On one machine the only scaler leads; its epoch is one more than the last that `<stateDir>/epoch` names. */
export async function createLocalLeadership(stateDir: string): Promise<Leadership> {
  const file = join(stateDir, 'epoch');
  const last = Number(await readFile(file, 'utf8').catch(() => '0'));
  const epoch = (Number.isSafeInteger(last) && last > 0 ? last : 0) + 1;
  await writeFile(`${file}.tmp`, String(epoch));
  await rename(`${file}.tmp`, file);
  return { epoch, lost: new Promise(() => undefined), close: async () => undefined };
}
