import { type KubernetesClient, resourcePath } from '../kit/kubernetes/client.ts';
import type { Log } from '../kit/log.ts';

const ZONE = 'topology.kubernetes.io/zone';

/** The zone of a node, by its label. Empty where it has none or may not be read: then instances of all zones are alike. */
export async function zoneOfNode(client: Pick<KubernetesClient, 'request'>, name: string, log: Pick<Log, 'warn'>): Promise<string> {
  if (name === '') return '';
  try {
    const node = await client.request<{ metadata: { labels?: Readonly<Record<string, string>> } }>(
      'GET',
      resourcePath({ version: 'v1', plural: 'nodes', name }),
    );
    return node.metadata.labels?.[ZONE] ?? '';
  } catch (err) {
    log.warn('the zone of this node is not known, so no instance is nearer than another', { node: name, err });
    return '';
  }
}
