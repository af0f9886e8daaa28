import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuild } from './build.mjs';
import { privateBuildah } from './buildah.mjs';
import { exec } from './exec.mjs';
import { createProgress } from './progress.mjs';
import { prepareNode, ROOT } from './prepare.mjs';

// `npm run images [-- options]`: builds dist/, then what `fib images` builds. It needs neither Python nor monitoring.
const progress = createProgress();
try {
  const { node, env } = await prepareNode(progress);
  await progress.step((begin) => ensureBuild(ROOT, node, env, begin));
  const buildah = privateBuildah(join(ROOT, '.cache', 'buildah'));
  const own = existsSync(buildah) && !env.FIB_BUILDAH ? { FIB_BUILDAH: buildah } : {};
  exec(node, [join(ROOT, 'dist', 'cli', 'main.js'), 'images', ...process.argv.slice(2)], { env: { ...env, ...own, FIB_COMMAND: 'npm run -s fib --' } });
} catch (error) {
  progress.fail(error.message);
  if (error.output) process.stderr.write(`${error.output}\n`);
  process.exitCode = 1;
}
