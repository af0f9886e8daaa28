import type { SynthObject } from '../../constructs/synth/object.ts';
import { GATEWAY_NAME, GATEWAY_PUBLIC_SERVICE } from '../../protocol/cluster-names.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { API_GROUP } from '../../protocol/names.ts';
import type { FunctionSpec } from '../../protocol/schema/function.ts';
import type { TriggerSpec } from '../../protocol/schema/trigger.ts';
import type { Cluster } from './cluster.ts';
import type { ResourceType } from './discovery.ts';

export interface FunctionUrl {
  /** `<namespace>/<name>` */
  readonly function: string;
  readonly url: string;
  /** `cluster`: from inside of it alone. */
  readonly from: 'cluster' | 'everywhere';
}

const SERVICES: ResourceType = { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true };
const INGRESSES: ResourceType = { group: 'networking.k8s.io', version: 'v1', kind: 'Ingress', plural: 'ingresses', namespaced: true };

/** Where the HTTP triggers among the objects are reached. */
export async function findUrls(cluster: Cluster, objects: readonly SynthObject[], system: string): Promise<FunctionUrl[]> {
  const triggers = objects.filter(({ object }) => object.kind === 'Trigger' && object.apiVersion.startsWith(`${API_GROUP}/`)).map(({ object }) => object);
  const routes = triggers.flatMap((object) => {
    const { function: name, http } = object['spec'] as TriggerSpec;
    return http ? [{ key: `${object.metadata.namespace}/${name}`, host: http.host, path: http.path }] : [];
  });
  if (routes.length === 0) return [];
  const publicBase = await findPublicBase(cluster, system);
  const isPublic = new Set(
    objects.flatMap(({ object }) =>
      object.kind === 'Function' && (object['spec'] as Partial<FunctionSpec>).access === 'public'
        ? [`${object.metadata.namespace}/${object.metadata.name}`]
        : [],
    ),
  );
  return routes.map(({ key, host, path }) => {
    const suffix = path === '/' ? '' : path;
    if (isPublic.has(key) && host !== undefined) return { function: key, url: `http://${host}${suffix}`, from: 'everywhere' };
    if (isPublic.has(key) && publicBase !== undefined) return { function: key, url: `${publicBase}${suffix}`, from: 'everywhere' };
    return { function: key, url: `http://${GATEWAY_NAME}.${system}.svc${suffix}`, from: 'cluster' };
  });
}

/** Of the Ingress or load balancer before the public Service; undefined where there is none, or one may not look. */
async function findPublicBase(cluster: Cluster, system: string): Promise<string | undefined> {
  try {
    const ingresses = await cluster.list<Ingress>(INGRESSES, system);
    for (const { spec } of ingresses) {
      const rule = spec?.rules?.find(({ http }) => http?.paths?.some(({ backend }) => backend?.service?.name === GATEWAY_PUBLIC_SERVICE));
      if (rule?.host) return `${spec?.tls?.some(({ hosts }) => hosts?.includes(rule.host ?? '')) ? 'https' : 'http'}://${rule.host}`;
    }
    const service = await cluster.get<Service>(SERVICES, { namespace: system, name: GATEWAY_PUBLIC_SERVICE });
    const address = service?.status?.loadBalancer?.ingress?.[0];
    return address && `http://${address.hostname ?? address.ip}`;
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'CLUSTER_FORBIDDEN') return undefined;
    throw error;
  }
}

interface Ingress {
  readonly spec?: {
    readonly tls?: readonly { readonly hosts?: readonly string[] }[];
    readonly rules?: readonly {
      readonly host?: string;
      readonly http?: { readonly paths?: readonly { readonly backend?: { readonly service?: { readonly name?: string } } }[] };
    }[];
  };
}

interface Service {
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] } };
}
