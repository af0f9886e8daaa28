import { join } from 'node:path';
import { exec } from './exec.mjs';
import { prepare, ROOT } from './prepare.mjs';

// `npm run bench [-- --json] [-- name…]`: measures against the budgets; `npm run bench:cluster` does on a Kubernetes.
const [first, ...rest] = process.argv.slice(2);
const [folder, args] = first === '--on-cluster' ? ['load/cluster', rest] : ['load', process.argv.slice(2)];
const { node, env } = await prepare();
exec(node, [join(ROOT, 'test', folder, 'run.ts'), ...args], { env, cwd: ROOT });
