import { join } from 'node:path';
import { exec } from './exec.mjs';
import { prepare, ROOT } from './prepare.mjs';

// `npm start [-- options]`: sets up what is missing, then runs the example stack.
const { node, env } = await prepare();
exec(node, [join(ROOT, 'dist', 'cli', 'main.js'), 'dev', join(ROOT, 'examples', 'hello', 'stack.ts'), ...process.argv.slice(2)], {
  env: { ...env, FIB_COMMAND: 'npm run -s fib --' },
});
