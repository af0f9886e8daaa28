import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { RULES_CONFIG, SCALER_NAME } from '../../protocol/cluster-names.ts';
import { type KubernetesClient, PATCH_TYPES, resourcePath } from '../../kit/kubernetes/client.ts';
import type { RulesTarget } from './rules-target.ts';

type Groups = readonly unknown[];

/** The PrometheusRule that the cluster's own Prometheus Operator gives to its Prometheus. The Platform made it and owns its labels; its groups are ours. */
export function createPrometheusRule({ client, namespace }: { client: KubernetesClient; namespace: string }): RulesTarget {
  const path = resourcePath({ group: 'monitoring.coreos.com', version: 'v1', plural: 'prometheusrules', namespace, name: RULES_CONFIG.name });
  let before: Groups = [];

  const read = async () => (await client.request<{ spec?: { groups?: Groups } }>('GET', path)).spec?.groups ?? [];
  // No server-side apply: of a list that becomes empty it makes a `spec` of null, which is refused.
  const replace = (groups: Groups) =>
    client.request('PATCH', path, { body: { spec: { groups } }, contentType: PATCH_TYPES.merge, query: { fieldManager: SCALER_NAME } });
  return {
    async write(text) {
      const { groups } = parse(text) as { groups: Groups };
      const current = await read();
      if (isDeepStrictEqual(current, groups)) return false;
      before = current;
      await replace(groups);
      return true;
    },
    async restore() {
      await replace(before);
    },
  };
}
