import { join } from 'node:path';
import { exec } from './exec.mjs';
import { prepare, ROOT } from './prepare.mjs';

// `npm test`: sets up what is missing, then checks and tests everything.
const giveUp = () => process.stdout.write('0 passed, 1 failed\n');
process.once('exit', giveUp);
const { node, env } = await prepare();
process.off('exit', giveUp);
exec(node, [join(ROOT, 'test', 'run.ts'), ...process.argv.slice(2)], { env, cwd: ROOT });
