import { join } from 'node:path';
import { exec } from './exec.mjs';
import { checkNode, ensureNode24, nodeEnv } from './node24.mjs';
import { ensureNpmPackages } from './npm-packages.mjs';
import { createProgress } from './progress.mjs';
import { ROOT } from './prepare.mjs';

// `npm run cluster` and `npm run cluster:down`: a Kubernetes for tests.
const progress = createProgress();
try {
  checkNode();
  await progress.step((begin) => ensureNpmPackages(ROOT, begin));
  const node = await progress.step((begin) => ensureNode24(ROOT, begin));
  exec(node, [join(ROOT, 'test', 'cluster', 'machine', 'main.ts'), ...process.argv.slice(2)], { env: nodeEnv(ROOT, node), cwd: ROOT });
} catch (error) {
  progress.fail(error.message);
  process.exitCode = 1;
}
