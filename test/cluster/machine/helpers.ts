import { join } from 'node:path';
import { createKubernetesClient } from '../../../kit/kubernetes/client.ts';
import { createLog } from '../../../kit/log.ts';
import { NODES } from './plan.ts';
import { startEnforcer } from './policies/enforcer.ts';
import { startProvisioner } from './volumes/provisioner.ts';

/** What clouds bring to a cluster: policies that hold, and volumes. Arguments: a kubeconfig, and the folder of the programs `in-<node>`. Ends on SIGTERM, and with it the rules of the policies. */
const [kubeconfig = '', bin = ''] = process.argv.slice(2);
const log = createLog({ name: 'helpers' });
const client = await createKubernetesClient({ kubeconfig });
const inNode = (name: string) => join(bin, `in-${name}`);
const provisioner = startProvisioner({ client, inNode, log });
const enforcer = await startEnforcer({ client, nodes: NODES.map(({ name }) => inNode(name)), log });
process.once('SIGTERM', () => void Promise.all([provisioner.close(), enforcer.close()]).then(() => client.close()));
