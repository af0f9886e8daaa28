import type { Log } from '../kit/log.ts';
import { createMetrics } from '../kit/metrics.ts';
import { createHttpServer, serve } from '../kit/serve.ts';
import type { ArtifactsConfig } from '../protocol/config.ts';
import { METRICS } from '../protocol/names.ts';
import { createApi } from './api.ts';
import { openStorage } from './open-storage.ts';
import { createUploads } from './upload.ts';

export interface Artifacts {
  readonly port: number;
  readonly url: string;
  /** Lets transfers under way end, for a while. */
  close(): Promise<void>;
}

export interface ArtifactsDeps {
  readonly config: ArtifactsConfig;
  readonly log: Log;
  /** How long an upload may pause. @default 30_000 */
  readonly uploadIdleMs?: number;
  /** How long to wait at the start for a bucket that cannot be used. @default 30_000, shorter than the start-up probe */
  readonly bucketWaitMs?: number;
}

/** Readers and writers together; more wait in the kernel. */
const MAX_CONNECTIONS = 1024;
const CLOSE_GRACE_MS = 10_000;

/** @throws PlatformError PORT_IN_USE, CONFIG_INVALID, ARTIFACTS_UNAVAILABLE where the bucket cannot be used; Error where the folder cannot be used */
export async function createArtifacts({ config, log, uploadIdleMs, bucketWaitMs = 30_000 }: ArtifactsDeps): Promise<Artifacts> {
  const storage = await openStorage({ config, log, bucketWaitMs });
  const metrics = createMetrics();
  const bytes = metrics.gauge(METRICS.artifactBytes, 'Bytes of the packages on the disk.').cell({});
  const packages = metrics.gauge(METRICS.artifactPackages, 'Packages on the disk.').cell({});
  metrics.onCollect(() => {
    bytes.value = storage.usedBytes();
    packages.value = storage.count();
  });
  const requests = metrics.counter(METRICS.artifactRequests, 'Requests.');
  const uploads = createUploads(storage, { idleMs: uploadIdleMs });
  const api = createApi({ storage, uploads, log, token: config.internalToken, metrics, requests });
  const server = createHttpServer(api);
  // Who asks first whether to send is told before it sends.
  server.on('checkContinue', api);
  server.maxConnections = MAX_CONNECTIONS;
  const served = await serve(server, { host: config.host, port: config.port, name: 'artifact service' });
  const close = async () => {
    await served.close(CLOSE_GRACE_MS);
    await storage.close();
  };
  return { port: served.port, url: served.url, close };
}
