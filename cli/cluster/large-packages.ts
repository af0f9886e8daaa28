import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isPackageConfigMap, type SynthResult } from '../../constructs/synth/object.ts';
import { podProblem } from '../../kit/fleet/kubernetes/pods.ts';
import { uploadPackage } from '../../kit/package-upload.ts';
import { ARTIFACTS_NAME, INTERNAL_SECRET, PLATFORM_PORTS } from '../../protocol/cluster-names.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { API_GROUP } from '../../protocol/names.ts';
import { packageConfigMapName } from '../../protocol/package-config-map.ts';
import type { FunctionSpec } from '../../protocol/schema/function.ts';
import type { Cluster } from './cluster.ts';
import type { App } from './load-app.ts';
import { hasPart, podsOfPart, readInternalToken } from './platform-state.ts';
import { connectPod } from './pod-connection.ts';
import { isReady } from './workload-pods.ts';

/** A code package that no ConfigMap holds: it goes to the platform's artifact service. */
export interface LargePackage {
  readonly digest: string;
  readonly bytes: Uint8Array;
  /** Path of a construct that has it. */
  readonly path: string;
}

const POLL_MS = 1000;

/** The packages of an app's Functions that are too large for a ConfigMap. */
export function findLargePackages({ objects, packages }: Pick<SynthResult, 'objects' | 'packages'>): LargePackage[] {
  const inConfigMaps = new Set(objects.filter(({ object }) => isPackageConfigMap(object)).map(({ id }) => id));
  const found = objects.flatMap(({ path, object }): LargePackage[] => {
    if (object.kind !== 'Function' || !object.apiVersion.startsWith(`${API_GROUP}/`)) return [];
    const { digest = '' } = (object['spec'] as FunctionSpec).package ?? {};
    const bytes = packages.get(digest);
    return bytes && !inConfigMaps.has(`ConfigMap/${object.metadata.namespace}/${packageConfigMapName(digest)}`) ? [{ digest, bytes, path }] : [];
  });
  return [...new Map(found.map((large) => [large.digest, large])).values()];
}

/** Whether there is a place for them, before anything is changed. @throws PlatformError PACKAGE_TOO_LARGE where the platform neither has an artifact service nor gets one */
export async function requireArtifactService(cluster: Cluster, { objects, largePackages: [first], systemNamespace }: App): Promise<void> {
  if (!first || objects.some(({ object }) => object.metadata.name === ARTIFACTS_NAME && object.metadata.namespace === systemNamespace)) return;
  if (await hasPart(cluster, systemNamespace, ARTIFACTS_NAME)) return;
  const size = Math.ceil(first.bytes.length / 1024);
  const message = `${first.path}: its code takes ${size} KiB, more than a ConfigMap may hold, and the platform in ${systemNamespace} has no artifact service: give the Platform \`artifacts\``;
  throw new PlatformError('PACKAGE_TOO_LARGE', message);
}

/**
 * Sends the packages that the artifact service lacks, through a port-forward.
 * @param system namespace of the platform
 * @param timeoutMs for an artifact service that comes with the same deployment: image, volume, token
 * @returns digests of those that were sent
 * @throws PlatformError CLUSTER_FORBIDDEN, NOT_READY, CLUSTER_REFUSED where the service does not take one
 */
export async function uploadPackages(cluster: Cluster, system: string, packages: readonly LargePackage[], timeoutMs: number): Promise<string[]> {
  if (packages.length === 0) return [];
  const service = await awaitService(cluster, system, timeoutMs);
  const sent: string[] = [];
  for (const large of packages) {
    // Not HEAD: only who may write makes the service look whether it has the package whole, in its bucket, too.
    const outcome = await uploadPackage({ ...service, connection: await service.connect() }, large).catch((cause: PlatformError) => {
      throw new PlatformError(
        'CLUSTER_REFUSED',
        `${large.path}: the artifact service took no package ${large.digest}: ${cause.status} ${cause.code}: ${cause.message}`,
        { cause },
      );
    });
    if (outcome === 'created') sent.push(large.digest);
  }
  return sent;
}

interface Service {
  readonly url: string;
  readonly token: string;
  connect(): Promise<Duplex>;
}

/** Waits for a ready pod and for the token that the scaler makes. */
async function awaitService(cluster: Cluster, system: string, timeoutMs: number): Promise<Service> {
  const begun = performance.now();
  for (;;) {
    const pods = await podsOfPart(cluster, system, ARTIFACTS_NAME);
    const [pod, token] = [pods.find(isReady)?.metadata.name, await readInternalToken(cluster, system)];
    if (pod !== undefined && token !== undefined) {
      const target = { namespace: system, pod, port: PLATFORM_PORTS.artifacts };
      return { url: `http://${ARTIFACTS_NAME}.${system}:${target.port}`, token, connect: () => connectPod(cluster, target) };
    }
    if (performance.now() - begun > timeoutMs) {
      const [problem] = pods.map(podProblem).filter((found) => found !== undefined);
      const why = problem ?? (token === undefined ? `the Secret ${INTERNAL_SECRET.name} is not there` : 'none of its pods is ready');
      throw new PlatformError('NOT_READY', `the artifact service ${system}/${ARTIFACTS_NAME} is not ready: ${why}`);
    }
    await sleep(POLL_MS);
  }
}
