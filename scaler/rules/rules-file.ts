import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RulesTarget } from './rules-target.ts';

/** The file that Prometheus reads its rules from. */
export function createRulesFile(file: string): RulesTarget {
  let before: string | undefined;
  const replace = async (text: string) => {
    await mkdir(dirname(file), { recursive: true });
    // A name that the glob of the rules does not take.
    const temporary = `${file}.${createHash('sha256').update(text).digest('hex').slice(0, 8)}.tmp`;
    await writeFile(temporary, text);
    await rename(temporary, file);
  };
  return {
    async write(text) {
      const current = await readFile(file, 'utf8').catch(() => undefined);
      if (current === text) return false;
      before = current;
      await replace(text);
      return true;
    },
    async restore() {
      if (before === undefined) await rm(file, { force: true });
      else await replace(before);
    },
  };
}
