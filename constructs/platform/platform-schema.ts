import Type from 'typebox';
import { IMAGE_NAMES, isOptionalImage } from '../../protocol/images.ts';
import { S3_ENDPOINT, S3_PREFIX } from '../../protocol/s3-place.ts';
import { closed, duration, integer, name, oneOf, size, text } from '../../protocol/schema/fields.ts';
import { LABEL_KEY } from '../../protocol/schema/metadata.ts';
import { placement } from '../../protocol/schema/placement.ts';

/** What Platform's props may be, once Sizes and Durations are text: every wrong or unknown field is told with its path. */

const optional = Type.Optional;
const docs = (description: string) => ({ description });
const namespace = () => name(docs('A namespace.'));
const cpu = () => Type.String({ pattern: '^([1-9][0-9]{0,5}m|[0-9]{1,3}(\\.[0-9]{1,3})?)$', maxLength: 8, description: 'Processor time.' });
const dnsName = (maxLength = 253) => Type.String({ pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$', minLength: 1, maxLength, description: 'A name.' });
const cidr = () => text(64, docs('Addresses.'));
const url = () => Type.String({ pattern: '^https?://[^\\s/?#]+(/[^\\s?#]*)?$', maxLength: 2048, description: 'A base URL.' });
const ports = () => Type.Array(integer(1, 65_535, docs('A port.')), { minItems: 1, maxItems: 64 });
const list = <T extends ReturnType<typeof Type.String>>(item: T, minItems = 0) => Type.Array(item, { minItems, maxItems: 256 });
const labels = () =>
  Type.Record(Type.String(), Type.String({ maxLength: 63, pattern: '^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$' }), { maxProperties: 64 });
const annotations = () => Type.Record(Type.String(), Type.String({ maxLength: 65_536 }), { maxProperties: 64 });
const hosts = () => list(Type.String({ pattern: '^(\\*\\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$', maxLength: 253 }), 1);

const resources = closed({ cpuRequest: optional(cpu()), cpuLimit: optional(cpu()), memory: optional(size(docs('Memory.'))) }, docs('Of one pod.'));
const process = { replicas: optional(integer(1, 100, docs('Pods.'))), resources: optional(resources) };

const functionNamespace = closed({ name: namespace(), create: optional(Type.Boolean()) }, docs('A namespace of functions.'));

const byDigest = text(1024, docs('By digest.'));
const lock = closed(
  {
    registry: text(512, docs('Host and path.')),
    version: text(128, docs('Of the package.')),
    images: closed(Object.fromEntries(IMAGE_NAMES.map((image) => [image, isOptionalImage(image) ? optional(byDigest) : byDigest])), docs('By name.')),
  },
  docs('images.lock.json'),
);

const images = closed(
  {
    registry: optional(Type.String({ pattern: '^[a-z0-9]([-a-z0-9._:/]*[a-z0-9])?/?$', maxLength: 512 })),
    tag: optional(Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]*$', maxLength: 128 })),
    lock: optional(lock),
    pullPolicy: optional(oneOf(['Always', 'IfNotPresent', 'Never'], docs('When nodes pull.'))),
    pullSecrets: optional(Type.Array(dnsName(), { maxItems: 16 })),
  },
  docs('Images.'),
);

const gateway = closed(
  { ...process, drainTimeout: optional(duration(docs('Wait for what is under way.'))), clients: optional(Type.Array(namespace(), { maxItems: 256 })) },
  docs('The gateway.'),
);

const egress = closed(
  {
    cidr: optional(cidr()),
    except: optional(list(cidr())),
    namespace: optional(namespace()),
    podLabels: optional(labels()),
    ports: optional(ports()),
  },
  docs('Where functions may connect to.'),
);

const functions = closed(
  {
    cpuRequest: optional(cpu()),
    cpuLimit: optional(cpu()),
    scratch: optional(size(docs('Disk.'))),
    rackLabel: optional(Type.String({ pattern: LABEL_KEY, maxLength: 317 })),
    egress: optional(Type.Array(egress, { maxItems: 256 })),
  },
  docs('Function pods.'),
);

const server = closed(
  {
    image: optional(Type.String({ pattern: '^[^\\s]+$', maxLength: 512 })),
    resources: optional(resources),
    storage: optional(size(docs('A volume.'))),
    storageClass: optional(dnsName()),
  },
  docs('A server.'),
);
const secretKey = () => Type.String({ pattern: '^[-._a-zA-Z0-9]+$', maxLength: 253, description: 'A key of a Secret.' });
const s3 = closed(
  {
    endpoint: Type.String({ pattern: S3_ENDPOINT, maxLength: 2048, description: 'A URL without user and query.' }),
    bucket: Type.String({ pattern: '^[a-zA-Z0-9][a-zA-Z0-9._-]{1,61}[a-zA-Z0-9]$', maxLength: 63, description: 'A bucket.' }),
    region: optional(Type.String({ pattern: '^[a-zA-Z0-9-]+$', maxLength: 64, description: 'A region.' })),
    prefix: optional(Type.String({ pattern: S3_PREFIX, maxLength: 256, description: 'What keys begin with, without . and .. between slashes.' })),
    pathStyle: optional(Type.Boolean()),
    credentials: closed(
      { secret: dnsName(), accessKeyIdKey: optional(secretKey()), secretAccessKeyKey: optional(secretKey()) },
      docs('A Secret with the credentials.'),
    ),
    replicas: optional(integer(1, 100, docs('Pods.'))),
    egress: optional(Type.Array(egress, { maxItems: 256 })),
  },
  docs('A bucket.'),
);
const artifacts = closed(
  { storage: optional(size(docs('A volume.'))), storageClass: optional(dnsName()), resources: optional(resources), s3: optional(s3) },
  docs('Artifacts.'),
);
const operator = closed(
  { prometheusUrl: url(), alertmanagerUrl: url(), namespace: namespace(), labels: optional(labels()) },
  docs('The cluster’s Prometheus Operator.'),
);
const dashboards = closed(
  { namespace: optional(namespace()), labels: optional(labels()), annotations: optional(annotations()) },
  docs('Dashboards for the cluster’s Grafana.'),
);
const monitoring = closed(
  { prometheus: optional(server), alertmanager: optional(server), operator: optional(operator), dashboards: optional(dashboards) },
  docs('Monitoring.'),
);

const exposure = closed(
  {
    service: optional(
      closed(
        {
          type: oneOf(['LoadBalancer', 'NodePort'], docs('Of the Service.')),
          annotations: optional(annotations()),
          sourceRanges: optional(list(cidr(), 1)),
          nodePort: optional(integer(30_000, 32_767, docs('Of every node.'))),
        },
        docs('A Service.'),
      ),
    ),
    ingress: optional(
      closed(
        { hosts: optional(hosts()), className: optional(dnsName()), tlsSecret: optional(dnsName()), annotations: optional(annotations()) },
        docs('An Ingress.'),
      ),
    ),
    httpRoute: optional(
      closed(
        { gateway: dnsName(), gatewayNamespace: optional(namespace()), sectionName: optional(dnsName()), hosts: optional(hosts()) },
        docs('An HTTPRoute.'),
      ),
    ),
  },
  docs('Exposure.'),
);

const dns = closed({ namespace: optional(namespace()), podLabels: optional(labels()), ports: optional(ports()), cidrs: optional(list(cidr())) }, docs('DNS.'));
const cluster = closed({ apiServerCidrs: optional(list(cidr(), 1)), apiServerPorts: optional(ports()), dns: optional(dns) }, docs('The cluster.'));

export const platformSchema = closed(
  {
    namespace: optional(namespace()),
    functionNamespaces: optional(Type.Array(functionNamespace, { minItems: 1, maxItems: 1000 })),
    images: optional(images),
    gateway: optional(gateway),
    scaler: optional(closed(process, docs('The scaler.'))),
    functions: optional(functions),
    artifacts: optional(artifacts),
    monitoring: optional(monitoring),
    exposure: optional(exposure),
    placement: optional(placement),
    cluster: optional(cluster),
    logLevel: optional(oneOf(['debug', 'info', 'warn', 'error'], docs('Least level that is logged.'))),
  },
  docs('Platform.'),
);
