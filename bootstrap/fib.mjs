import { join } from 'node:path';
import { exec } from './exec.mjs';
import { prepare, ROOT } from './prepare.mjs';

// `npm run -s fib -- <command>`: the command line in the checkout.
const { node, env } = await prepare();
exec(node, [join(ROOT, 'dist', 'cli', 'main.js'), ...process.argv.slice(2)], { env: { ...env, FIB_COMMAND: 'npm run -s fib --' } });
