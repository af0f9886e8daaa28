import { join } from 'node:path';
import { exec } from './exec.mjs';
import { prepare, ROOT } from './prepare.mjs';

// `npm run bench [-- --json] [-- name…]`: measures against the budgets.
const { node, env } = await prepare();
exec(node, [join(ROOT, 'test', 'load', 'run.ts'), ...process.argv.slice(2)], { env, cwd: ROOT });
