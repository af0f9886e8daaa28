import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createKubernetesFleet } from '../../kit/fleet/kubernetes/kubernetes.ts';
import { createKubernetesClient, type KubernetesClient } from '../../kit/kubernetes/client.ts';
import { acquireLease } from '../../kit/kubernetes/lease.ts';
import { createKubernetesStore } from '../../kit/store/kubernetes.ts';
import { INTERNAL_SECRET, SCALER_NAME, SIGNING_SECRET } from '../../protocol/cluster-names.ts';
import { createSigningKey } from '../../protocol/token.ts';
import { parseWorkloads } from '../../protocol/workloads.ts';
import { createClusterEvents } from '../apply/events.ts';
import { readPackageConfigMaps } from '../apply/package-config-map.ts';
import { readPackageFromFirst, readPackageService } from '../apply/package-service.ts';
import { createLeaderEndpoints } from '../leader/endpoints.ts';
import { ensureOwnSecret } from '../leader/own-secret.ts';
import { toSigningKey } from '../leader/signing-key.ts';
import { createClusterSecrets } from '../observe/secrets-cluster.ts';
import { createPrometheusRule } from '../rules/rules-prometheus-rule.ts';
import { createRulesConfigMap } from '../rules/rules-config-map.ts';
import type { World, WorldOptions } from './world.ts';

/** A cluster: the API server's objects, pods, and a Lease that one of several scalers holds. Resolves once it is this one. */
export async function openKubernetesWorld({ config, log, env, onStandby, signal }: WorldOptions): Promise<World> {
  const { namespaces, podNamespace: system, workloadsFile } = config;
  const workloads = parseWorkloads(await readFile(workloadsFile, 'utf8'));
  const client = await createKubernetesClient({ env, ...(config.kubeconfig !== '' && { kubeconfig: config.kubeconfig }) });
  const { key, internalToken } = await ownSecrets(client, system, config.internalToken);
  onStandby();
  log.info('standing by', { pod: config.podName });
  const leadership = await acquireLease({ client, namespace: system, name: SCALER_NAME, identity: config.podName, log, signal });
  const store = createKubernetesStore({ client, namespaces, ahead: ['Function', 'Trigger', 'PodPool'], listAhead: ['Revision'], log });
  const fleet = await createKubernetesFleet({ client, namespaces, workloads, publicKey: key.publicKey, log });
  const endpoints = createLeaderEndpoints(client, { namespace: system, podName: config.podName, podIp: config.podIp }, log);
  return {
    store,
    fleet,
    leadership,
    key,
    internalToken,
    readPackage: readPackageFromFirst([readPackageConfigMaps(client), ...(config.artifactsUrl === '' ? [] : [readPackageService(config.artifactsUrl)])]),
    rules:
      config.rulesObject === 'PrometheusRule' ? createPrometheusRule({ client, namespace: system }) : createRulesConfigMap({ client, namespace: system, log }),
    events: createClusterEvents({ client, reporter: config.podName, log }),
    openSecrets: async (hooks) => createClusterSecrets({ ...hooks, client, log }),
    announce: endpoints.announce,
    async close() {
      endpoints.close();
      await Promise.all([fleet.close(), store.close()]);
      // Only now may another act.
      await leadership.close();
      await client.close();
    },
  };
}

/** What only the platform's own processes know; made at the first start. */
async function ownSecrets(client: KubernetesClient, namespace: string, givenToken: string): Promise<Pick<World, 'key' | 'internalToken'>> {
  const [pem, internalToken] = await Promise.all([
    ensureOwnSecret(client, { namespace, ...SIGNING_SECRET, make: createSigningKey }),
    givenToken === '' ? ensureOwnSecret(client, { namespace, ...INTERNAL_SECRET, make: () => randomBytes(32).toString('base64url') }) : givenToken,
  ]);
  return { key: toSigningKey(pem), internalToken };
}
