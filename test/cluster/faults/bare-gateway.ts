import type { KubernetesObject } from '../../../constructs/synth/object.ts';
import { GATEWAY_NAME, GATEWAY_PUBLIC_SERVICE } from '../../../protocol/cluster-names.ts';

export const BARE_GATEWAY = 'bare-gateway';
export const BARE_SERVICE = 'bare-gateway-public';

/**
 * A second gateway beside the platform's, with what protects requests turned off: it sends nothing again, and ends without waiting for Services to lead elsewhere.
 * What goes wrong through it in a fault, and not through the platform's, is what the protection is worth.
 */
export function bareGateway(platformObjects: readonly KubernetesObject[]): KubernetesObject[] {
  const wanted = new Set([`Deployment/${GATEWAY_NAME}`, `Service/${GATEWAY_PUBLIC_SERVICE}`]);
  return platformObjects
    .filter((object) => wanted.has(`${object.kind}/${object.metadata.name}`) || (object.kind === 'NetworkPolicy' && renamed(object) !== object))
    .map((object) => (object.kind === 'Deployment' ? unprotected(renamed(object)) : renamed(object)))
    .map((object) => (object.kind === 'NetworkPolicy' ? { ...object, metadata: { ...object.metadata, name: `bare-${object.metadata.name}` } } : object));
}

/** The same object of the other gateway; itself where it has nothing to do with gateways. */
function renamed(object: KubernetesObject): KubernetesObject {
  const text = JSON.stringify(object);
  const other = text.replaceAll(`"${GATEWAY_NAME}"`, `"${BARE_GATEWAY}"`).replaceAll(`"${GATEWAY_PUBLIC_SERVICE}"`, `"${BARE_SERVICE}"`);
  return other === text ? object : (JSON.parse(other) as KubernetesObject);
}

function unprotected(deployment: KubernetesObject): KubernetesObject {
  const off = { FIB_RETRIES: 'off', FIB_DRAIN_DELAY_MS: '0' };
  interface Variable {
    readonly name: string;
  }
  const { spec } = deployment as unknown as {
    spec: { template: { spec: { serviceAccountName: string; terminationGracePeriodSeconds: number; containers: { env: Variable[] }[] } } };
  };
  const pod = spec.template.spec;
  pod.serviceAccountName = GATEWAY_NAME;
  for (const container of pod.containers) {
    container.env = [...container.env.filter(({ name }) => !(name in off)), ...Object.entries(off).map(([name, value]) => ({ name, value }))];
  }
  return deployment;
}
