import type { PlainArtifacts } from './check-props.ts';
import type { FunctionEgress } from './platform-props.ts';
import type { ResourceSettings } from './settings.ts';

export interface ArtifactSettings {
  /** Of the volume, or of the node's disk. */
  readonly storage: string;
  readonly storageClass?: string;
  readonly resources: ResourceSettings;
  /** Absent: packages are on a volume. */
  readonly s3?: S3Settings;
}

export interface S3Settings {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly prefix: string;
  readonly pathStyle: boolean;
  readonly secret: string;
  readonly accessKeyIdKey: string;
  readonly secretAccessKeyKey: string;
  readonly replicas: number;
  readonly egress: readonly FunctionEgress[];
}

const RESOURCES: ResourceSettings = { cpuRequest: '20m', cpuLimit: '500m', memory: '128Mi' };

/** The artifact service, with every default. */
export function artifactSettings({ s3, ...props }: PlainArtifacts): ArtifactSettings {
  if (!s3) return { storage: '5Gi', ...props, resources: { ...RESOURCES, ...props.resources } };
  const { credentials, region = 'us-east-1', prefix = '', pathStyle = true, replicas = 2, egress = defaultEgress(s3.endpoint), endpoint, bucket } = s3;
  const { secret, accessKeyIdKey = 'accessKeyId', secretAccessKeyKey = 'secretAccessKey' } = credentials;
  const settings = { endpoint, bucket, region, prefix, pathStyle, secret, accessKeyIdKey, secretAccessKeyKey, replicas, egress };
  return { storage: '1Gi', ...props, resources: { ...RESOURCES, memory: '256Mi', ...props.resources }, s3: settings };
}

const SERVICE = /^[a-z0-9-]+\.([a-z0-9-]+)\.svc(\.|$)/;

/** Policies are about pods and their ports, which a Service's name and port do not say. */
function defaultEgress(endpoint: string): FunctionEgress[] {
  const { protocol, hostname, port } = new URL(endpoint);
  const namespace = SERVICE.exec(hostname)?.[1];
  if (namespace !== undefined) return [{ namespace }];
  const ports = [port === '' ? { 'http:': 80, 'https:': 443 }[protocol as 'http:' | 'https:'] : Number(port)];
  return ['0.0.0.0/0', '::/0'].map((cidr) => ({ cidr, ports }));
}
