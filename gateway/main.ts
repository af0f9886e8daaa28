import { parseConfig } from '../kit/config.ts';
import { createKubernetesClient } from '../kit/kubernetes/client.ts';
import { createLog, type Log, type LogLevel } from '../kit/log.ts';
import { createFileStore } from '../kit/store/files.ts';
import { createKubernetesStore } from '../kit/store/kubernetes.ts';
import type { Store } from '../kit/store/store.ts';
import { gatewayConfig, type GatewayConfig } from '../protocol/config.ts';
import type { Reviewer } from './admin/access.ts';
import { createClusterReviewer } from './admin/cluster-reviewer.ts';
import { createGateway } from './gateway.ts';
import { reduceResource } from './functions/reduce-resource.ts';
import { zoneOfNode } from './zone.ts';

interface World {
  readonly store: Store;
  readonly reviewer?: Reviewer;
  /** Empty where it is not known. */
  readonly zone: string;
}

async function openWorld({ world, storeDir, namespaces, kubeconfig, zone, node }: GatewayConfig, log: Log): Promise<World> {
  if (world === 'local') return { store: await createFileStore(storeDir), zone };
  const client = await createKubernetesClient({ env: process.env, ...(kubeconfig !== '' && { kubeconfig }) });
  return {
    store: createKubernetesStore({ client, namespaces, reduce: reduceResource, log }),
    reviewer: createClusterReviewer(client),
    zone: zone === '' ? await zoneOfNode(client, node, log) : zone,
  };
}

const startLog = createLog({ name: 'gateway' });
try {
  const config = parseConfig(gatewayConfig, process.env);
  const log = createLog({ name: 'gateway', level: config.logLevel as LogLevel });
  const { zone, ...parts } = await openWorld(config, log);
  const gateway = await createGateway({ ...parts, config: { ...config, zone }, log });
  const { invocations, publicInvocations, admin } = gateway;
  log.info('listening', { gateway: config.gatewayId, zone, port: invocations.port, publicPort: publicInvocations?.port, adminPort: admin.port });

  const stop = async (signal: string) => {
    log.info('draining', { signal });
    await gateway.close();
    await parts.store.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop('SIGTERM'));
  process.once('SIGINT', () => void stop('SIGINT'));
} catch (err) {
  startLog.error('the gateway could not start', { err });
  process.exit(1);
}
