import { PlatformError } from '../../protocol/errors.ts';
import { type ConfigMapData, decodePackageData, packageConfigMapName } from '../../protocol/package-config-map.ts';
import { type KubernetesClient, KubernetesError, resourcePath } from '../../kit/kubernetes/client.ts';
import type { ReadPackage } from './packages.ts';

/** Packages from the ConfigMaps `pkg-<hex>` beside their functions. */
export function readPackageConfigMaps(client: Pick<KubernetesClient, 'request'>): ReadPackage {
  return async (namespace, digest) => {
    const name = packageConfigMapName(digest);
    try {
      const found = await client.request<ConfigMapData>('GET', resourcePath({ version: 'v1', plural: 'configmaps', namespace, name }));
      return decodePackageData(found, digest).bytes;
    } catch (cause) {
      if (!(cause instanceof KubernetesError)) throw cause;
      if (cause.status === 404)
        throw new PlatformError(
          'PACKAGE_INVALID',
          `the package ${digest} is missing: namespace ${namespace} has no ConfigMap ${name}; deploy the function again`,
          {
            cause,
          },
        );
      throw new PlatformError('INTERNAL', `the ConfigMap ${name} in namespace ${namespace} could not be read: ${cause.message}`, { cause });
    }
  };
}
