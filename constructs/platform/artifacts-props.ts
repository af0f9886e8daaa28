import type { Size } from '../size.ts';
import type { ContainerResources, FunctionEgress } from './platform-props.ts';

/** On a volume, unless `s3` is given. */
export interface PlatformArtifacts {
  /**
   * Size of its volume; with `s3`, of what each of its pods keeps at hand on the disk of its node: 128 MiB or more.
   * @default Size.gibibytes(5), with `s3` Size.gibibytes(1)
   */
  readonly storage?: Size;
  /** StorageClass of the volume. Refused beside `s3`. @default - the cluster's default */
  readonly storageClass?: string;
  /** Of one pod. @default - 20m to 500m, 128 MiB, with `s3` 256 MiB */
  readonly resources?: ContainerResources;
  /** A bucket that keeps the packages, in place of a volume. @default - a volume */
  readonly s3?: ArtifactsS3;
}

/** A bucket of an S3-compatible server. It is to be there. */
export interface ArtifactsS3 {
  /** URL of the server, without the bucket: `https://s3.eu-central-1.amazonaws.com`, `http://minio.storage.svc:9000`. */
  readonly endpoint: string;
  /** Name of the bucket. */
  readonly bucket: string;
  /** Region of the bucket, by which requests are signed. @default 'us-east-1' */
  readonly region?: string;
  /** What the keys of packages begin with, such as `fibonacci/`. @default '' */
  readonly prefix?: string;
  /** Whether the bucket is in the path of URLs (`https://host/bucket`), not before the host name (`https://bucket.host`). @default true */
  readonly pathStyle?: boolean;
  /** A Secret in the platform's namespace, which you make. */
  readonly credentials: ArtifactsS3Credentials;
  /** Pods of the artifact service: 1 to 100. @default 2 */
  readonly replicas?: number;
  /**
   * Where the artifact service may connect to, besides DNS.
   * @default - all addresses, on the endpoint's port; for an endpoint `http://<service>.<namespace>.svc`, the pods of that namespace
   */
  readonly egress?: readonly FunctionEgress[];
}

/** They may get and put the objects of the bucket, and list it. A changed value takes new pods: `kubectl rollout restart`. */
export interface ArtifactsS3Credentials {
  /** Name of the Secret. */
  readonly secret: string;
  /** Its key with the id. @default 'accessKeyId' */
  readonly accessKeyIdKey?: string;
  /** Its key with the secret. @default 'secretAccessKey' */
  readonly secretAccessKeyKey?: string;
}
