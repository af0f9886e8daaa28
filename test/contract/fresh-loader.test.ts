import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ROOT } from './cli-world/project.ts';

test('a thread that waits for the next stack keeps no process alive', async () => {
  const module = JSON.stringify(join(ROOT, 'constructs', 'load-fresh.ts'));
  const script = `const { createFreshLoader } = await import(${module}); createFreshLoader().prepare();`;
  const ended = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 });
  await expect(ended).resolves.toMatchObject({ stderr: '' });
});
