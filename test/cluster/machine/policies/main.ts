import { join } from 'node:path';
import { createLog } from '../../../../kit/log.ts';
import { NODES } from '../plan.ts';
import { startEnforcer } from './enforcer.ts';

/** Arguments: a kubeconfig, and the folder of the programs `in-<node>`. Ends on SIGTERM, and with it the rules. */
const [kubeconfig = '', bin = ''] = process.argv.slice(2);
const enforcer = await startEnforcer({ kubeconfig, nodes: NODES.map(({ name }) => join(bin, `in-${name}`)), log: createLog({ name: 'policies' }) });
process.once('SIGTERM', () => void enforcer.close());
