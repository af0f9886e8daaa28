import { type KubernetesClient, resourcePath } from '../../kubernetes/client.ts';
import { watchResources } from '../../kubernetes/list-watch.ts';
import type { Log } from '../../log.ts';

/** Which zone each node is in, as it becomes known. */
export interface Zones {
  /** Undefined where the node has no zone, or where we may not read nodes. */
  zoneOf(node: string): string | undefined;
  close(): Promise<void>;
}

interface NodeView {
  readonly name: string;
  readonly zone: string | undefined;
}

/** A well-known label (Kubernetes, "Well-Known Labels, Annotations and Taints"). */
const ZONE = 'topology.kubernetes.io/zone';

export function watchZones(client: KubernetesClient, log: Log): Zones {
  const zones = new Map<string, string | undefined>();
  const put = ({ name, zone }: NodeView) => void zones.set(name, zone);
  const watch = watchResources<NodeView>({
    client,
    path: resourcePath({ version: 'v1', plural: 'nodes' }),
    parse: parseNode,
    onSync: (nodes) => nodes.forEach(put),
    onEvent: ({ type, object }) => (type === 'deleted' ? void zones.delete(object.name) : put(object)),
    log,
  });
  return { zoneOf: (node) => zones.get(node), close: () => watch.close() };
}

function parseNode(raw: unknown): NodeView {
  const { metadata } = raw as { metadata: { name: string; labels?: Readonly<Record<string, string>> } };
  return { name: metadata.name, zone: metadata.labels?.[ZONE] };
}
