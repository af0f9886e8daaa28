import { join } from 'node:path';
import { exec } from './exec.mjs';
import { prepare, ROOT } from './prepare.mjs';

// `npm test`: sets up what is missing, then checks and tests everything.
const { node, env } = await prepare();
exec(node, [join(ROOT, 'test', 'run.ts'), ...process.argv.slice(2)], { env, cwd: ROOT });
