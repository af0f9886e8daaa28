import { isIP } from 'node:net';
import { PlatformError } from '../../protocol/errors.ts';
import { placementIssues, type Placement } from '../../protocol/schema/placement.ts';
import { type Issue, schemaIssues, show } from '../../protocol/schema/validate.ts';
import { parseSize } from '../../protocol/size.ts';
import { Duration } from '../duration.ts';
import { Size } from '../size.ts';
import type { PlatformArtifacts } from './artifacts-props.ts';
import { imageProblems } from './images.ts';
import type {
  FunctionEgress,
  FunctionNamespace,
  MonitoringServer,
  PlatformFunctions,
  PlatformGateway,
  PlatformMonitoring,
  PlatformProcess,
  PlatformProps,
} from './platform-props.ts';
import { platformSchema } from './platform-schema.ts';

/** Bytes. */
const MIN_S3_STORAGE = 128 * 1024 ** 2;

/** The props as the schema has them: Sizes and Durations as text, short forms written out. */
export type PlainProps = Omit<
  PlatformProps,
  'functionNamespaces' | 'gateway' | 'scaler' | 'functions' | 'artifacts' | 'monitoring' | 'placement' | 'transform'
> & {
  readonly placement?: Placement;
  readonly functionNamespaces?: readonly FunctionNamespace[];
  readonly gateway?: PlainProcess & { readonly drainTimeout?: string; readonly clients?: readonly string[] };
  readonly scaler?: PlainProcess;
  readonly functions?: Omit<PlatformFunctions, 'scratch'> & { readonly scratch?: string };
  readonly artifacts?: PlainArtifacts;
  readonly monitoring?: Pick<PlatformMonitoring, 'operator' | 'dashboards'> & { readonly prometheus?: PlainServer; readonly alertmanager?: PlainServer };
};

export type PlainProcess = Omit<PlatformProcess, 'resources'> & PlainResources;
export type PlainArtifacts = Omit<PlainServer, 'image'> & Pick<PlatformArtifacts, 's3'>;
export type PlainServer = Omit<MonitoringServer, 'resources' | 'storage'> & PlainResources & { readonly storage?: string };
interface PlainResources {
  readonly resources?: { readonly cpuRequest?: string; readonly cpuLimit?: string; readonly memory?: string };
}

/** @throws PlatformError SPEC_INVALID with every issue */
export function checkPlatformProps(id: string, props: PlatformProps): PlainProps {
  const what = `Platform ${JSON.stringify(id)}`;
  if (typeof props !== 'object' || props === null) throw new PlatformError('SPEC_INVALID', `${what} takes an object of props, not ${show(props)}`);
  const plain = plainProps(props);
  const wrong = schemaIssues(platformSchema, withoutLockPath(plain));
  const issues = [...(wrong.length > 0 ? wrong : propIssues(plain as PlainProps)), ...transformIssues(props.transform)];
  if (issues.length === 0) return plain as PlainProps;
  const lines = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('\n  ');
  throw new PlatformError('SPEC_INVALID', `${what} is not valid:\n  ${lines}`, { details: { issues } });
}

function plainProps({ transform: _, ...props }: PlatformProps): Record<string, unknown> {
  const { functionNamespaces, gateway, ...rest } = props;
  return {
    ...(plainValue(rest) as object),
    ...(functionNamespaces !== undefined && { functionNamespaces: plainNamespaces(functionNamespaces) }),
    ...(gateway !== undefined && { gateway: plainGateway(gateway) }),
  };
}

function plainNamespaces(namespaces: unknown): unknown {
  return Array.isArray(namespaces) ? namespaces.map((name: unknown) => (typeof name === 'string' ? { name } : plainValue(name))) : plainValue(namespaces);
}

function plainGateway(gateway: PlatformGateway): unknown {
  const plain = plainValue(gateway);
  if (typeof plain !== 'object' || plain === null || gateway.clients !== 'cluster') return plain;
  const { clients: _, ...rest } = plain as Record<string, unknown>;
  return rest;
}

function plainValue(value: unknown): unknown {
  if (value instanceof Size || value instanceof Duration) return value.toString();
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, plainValue(member)]),
  );
}

/** A lock may be a path, too; the schema has its content. */
function withoutLockPath(plain: Record<string, unknown>): unknown {
  const { images } = plain;
  if (typeof images !== 'object' || images === null || typeof (images as { lock?: unknown }).lock !== 'string') return plain;
  const { lock: _, ...rest } = images as Record<string, unknown>;
  return { ...plain, images: rest };
}

/** What a schema cannot say. */
function propIssues({
  namespace = 'fibonacci-system',
  functionNamespaces = [],
  images = {},
  functions = {},
  artifacts = {},
  exposure = {},
  monitoring = {},
  cluster = {},
  placement,
}: PlainProps): Issue[] {
  const { egress = [] } = functions;
  const exposures = Object.keys(exposure);
  return [
    ...functionNamespaces.flatMap(({ name }, index) => namespaceIssues(name, index, namespace, functionNamespaces)),
    ...imageProblems(images).map((message) => ({ path: 'images', message })),
    ...egress.flatMap((rule, index) => egressIssues(rule, `functions.egress[${index}]`)),
    ...artifactsIssues(artifacts),
    ...(exposures.length > 1 ? [{ path: 'exposure', message: `${exposures.join(' and ')} are both given: expose the gateway one way` }] : []),
    ...cidrIssues(exposure.service?.sourceRanges, 'exposure.service.sourceRanges'),
    ...(monitoring.operator && (monitoring.prometheus ?? monitoring.alertmanager)
      ? [
          {
            path: 'monitoring',
            message: 'operator stands for the cluster’s own Prometheus, and prometheus or alertmanager for bundled ones: give one or the other',
          },
        ]
      : []),
    ...placementIssues(placement, 'placement'),
    ...cidrIssues(cluster.apiServerCidrs, 'cluster.apiServerCidrs'),
    ...cidrIssues(cluster.dns?.cidrs, 'cluster.dns.cidrs'),
  ];
}

function transformIssues(transform: unknown): Issue[] {
  if (transform === undefined) return [];
  if (typeof transform !== 'object' || transform === null)
    return [{ path: 'transform', message: `${show(transform)} must be an object of functions, by \`<Kind>/<name>\`` }];
  return Object.entries(transform)
    .filter(([, change]) => typeof change !== 'function')
    .map(([id, change]) => ({ path: `transform.${id}`, message: `${show(change)} must be a function that changes the object` }));
}

function namespaceIssues(name: string, index: number, system: string, all: readonly FunctionNamespace[]): Issue[] {
  const path = `functionNamespaces[${index}]`;
  if (name === system) return [{ path, message: `${show(name)} is the platform's own namespace: functions must be in another one` }];
  return all.findIndex((other) => other.name === name) < index ? [{ path, message: `${show(name)} is there twice` }] : [];
}

function artifactsIssues({ storage, storageClass, s3 }: PlainArtifacts): Issue[] {
  if (!s3) return [];
  const { endpoint, egress = [], bucket, pathStyle = true } = s3;
  return [
    ...(URL.canParse(endpoint) ? [] : [{ path: 'artifacts.s3.endpoint', message: `${show(endpoint)} is no URL: write it as https://s3.example.com` }]),
    ...(storageClass === undefined ? [] : [{ path: 'artifacts.storageClass', message: 'is for a volume, and with s3 there is none: leave it out' }]),
    ...(storage !== undefined && parseSize(storage) < MIN_S3_STORAGE
      ? [{ path: 'artifacts.storage', message: `${show(storage)} must be 128Mi or more: the largest package, coming and going` }]
      : []),
    ...(!pathStyle && /[^a-z0-9-]/.test(bucket)
      ? [{ path: 'artifacts.s3.bucket', message: `${show(bucket)} cannot stand before a host name: leave pathStyle out, or take a bucket of a-z, 0-9 and -` }]
      : []),
    ...egress.flatMap((rule, index) => egressIssues(rule, `artifacts.s3.egress[${index}]`)),
  ];
}

function egressIssues({ cidr, except, namespace, podLabels }: FunctionEgress, path: string): Issue[] {
  if ((cidr === undefined) === (namespace === undefined)) return [{ path, message: 'give either cidr or namespace' }];
  if (cidr === undefined) return except ? [{ path: `${path}.except`, message: 'is for cidr alone' }] : [];
  if (podLabels) return [{ path: `${path}.podLabels`, message: 'is for namespace alone' }];
  return [...cidrIssues([cidr], `${path}.cidr`), ...cidrIssues(except, `${path}.except`)];
}

function cidrIssues(cidrs: readonly string[] | undefined, path: string): Issue[] {
  return (cidrs ?? [])
    .filter((cidr) => !isCidr(cidr))
    .map((cidr) => ({ path, message: `${show(cidr)} is no CIDR: write it as 10.0.0.0/8 or fd00::/8, one address as 10.0.0.1/32` }));
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/');
  const version = isIP(address);
  return (
    more.length === 0 && version !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128) && !(bits.length > 1 && bits.startsWith('0'))
  );
}
