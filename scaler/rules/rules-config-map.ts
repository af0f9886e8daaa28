import { PART_OF_LABEL, PROMETHEUS_NAME, RULES_CONFIG, SCALER_NAME } from '../../protocol/cluster-names.ts';
import { API_GROUP } from '../../protocol/names.ts';
import { serverSideApply } from '../../kit/kubernetes/apply.ts';
import { type KubernetesClient, KubernetesError, PATCH_TYPES, resourcePath } from '../../kit/kubernetes/client.ts';
import type { Log } from '../../kit/log.ts';
import type { RulesTarget } from './rules-target.ts';

const NO_RULES = 'groups: []\n';
const LOOK_ANNOTATION = `${API_GROUP}/rules-written-at`;

/** The ConfigMap that Prometheus mounts its rules from. */
export function createRulesConfigMap({ client, namespace, log }: { client: KubernetesClient; namespace: string; log: Log }): RulesTarget {
  const path = resourcePath({ version: 'v1', plural: 'configmaps', namespace, name: RULES_CONFIG.name });
  let before: string | undefined;

  const read = async () => {
    const found = await client.request<{ data?: Readonly<Record<string, string>> }>('GET', path).catch((error: unknown) => {
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      throw error;
    });
    return found?.data?.[RULES_CONFIG.key];
  };
  const replace = (text: string) => {
    const metadata = { namespace, name: RULES_CONFIG.name, labels: { [PART_OF_LABEL]: 'fibonacci' } };
    return serverSideApply(client, path, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [RULES_CONFIG.key]: text } }, { fieldManager: SCALER_NAME });
  };
  return {
    async write(text) {
      const current = await read();
      if (current === text) return false;
      before = current;
      await replace(text);
      return true;
    },
    async restore() {
      await replace(before ?? NO_RULES);
    },
    /** A kubelet looks at a ConfigMap about each minute, but whenever something of the pod changes. */
    async hasten() {
      const pod = resourcePath({ version: 'v1', plural: 'pods', namespace, name: `${PROMETHEUS_NAME}-0` });
      const body = { metadata: { annotations: { [LOOK_ANNOTATION]: new Date().toISOString() } } };
      await client.request('PATCH', pod, { body, contentType: PATCH_TYPES.merge }).catch((error: unknown) => {
        log.debug('Prometheus’ pod could not be touched; it gets its rules within some minutes', { reason: (error as Error).message });
      });
    },
  };
}
