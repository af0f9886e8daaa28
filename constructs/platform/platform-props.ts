import type { ImageLock } from '../../protocol/images.ts';
import type { Duration } from '../duration.ts';
import type { Placement } from '../placement.ts';
import type { Size } from '../size.ts';
import type { KubernetesObject } from '../synth/object.ts';
import type { PlatformArtifacts } from './artifacts-props.ts';

export interface PlatformProps {
  /** Namespace of the platform's own parts. @default 'fibonacci-system' */
  readonly namespace?: string;
  /**
   * Namespaces in which functions may be: each gets Roles, a ServiceAccount and NetworkPolicies, and is made unless it is `default`, declared in this app, or said not to be.
   * Functions anywhere else are not seen. @default - those of the app's FunctionStacks, else `default`
   */
  readonly functionNamespaces?: readonly (string | FunctionNamespace)[];
  /** Where the images come from. @default - `fibonacci-<name>:<version>`, as `npm run images` tags them */
  readonly images?: PlatformImages;
  /** The entry for every invocation. */
  readonly gateway?: PlatformGateway;
  /** What scales; one of its replicas leads, the others wait to take over. */
  readonly scaler?: PlatformProcess;
  /** The pods that functions run in. */
  readonly functions?: PlatformFunctions;
  /** Prometheus and Alertmanager, by which functions scale. @default - one of each, bundled */
  readonly monitoring?: PlatformMonitoring;
  /**
   * The service that keeps packages above 64 KiB, on a volume of its own or in a bucket. Without it such packages are refused at synthesis.
   * @default - none: a claim for a volume would wait for ever in a cluster without a StorageClass
   */
  readonly artifacts?: PlatformArtifacts;
  /** How functions with `access: 'public'` are reached from outside. @default - not: the Service `fibonacci-gateway-public` is reached inside of the cluster */
  readonly exposure?: PlatformExposure;
  /**
   * Where the platform's own pods run, and as what: gateway, scaler, Prometheus, Alertmanager, artifacts. Pods of functions have a placement of their own, that of their pool.
   * @default - anywhere
   */
  readonly placement?: Placement;
  /** What the synthesizer cannot know of the cluster. */
  readonly cluster?: PlatformCluster;
  /** Least level that gateway and scaler log. @default 'info' */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  /**
   * Changes finished objects, in place or by returning another, for what the props do not offer; by `<Kind>/<name>` or `<Kind>/<namespace>/<name>`.
   * @example new Platform(app, 'fibonacci', {
   *   transform: { 'Deployment/fibonacci-gateway': (deployment) => { deployment.metadata.annotations = { team: 'platform' }; } },
   * });
   * @default {}
   */
  readonly transform?: Readonly<Record<string, PlatformTransform>>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- Kubernetes objects of every kind; the API server checks them.
export type PlatformTransform = (object: any) => KubernetesObject | void;

export interface FunctionNamespace {
  /** Name of the namespace. */
  readonly name: string;
  /** Whether the platform makes it; `false` where something else does. @default true */
  readonly create?: boolean;
}

export interface PlatformImages {
  /** What stands before the images' names: a host, and a path where there is one. @default - nothing: images that nodes have already, or find by their runtime's search */
  readonly registry?: string;
  /** Tag of the images. @default - the version of this package */
  readonly tag?: string;
  /**
   * `images.lock.json` of `npm run images -- --push <registry>`, as a path from the stack file's folder or as its content: the cluster runs exactly these digests.
   * Refused beside `registry` and `tag`. @default - by tag
   */
  readonly lock?: string | ImageLock;
  /** When nodes pull. @default 'IfNotPresent' */
  readonly pullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  /** Secrets for the registry, to be there in the platform's namespace and in those of functions. @default [] */
  readonly pullSecrets?: readonly string[];
}

export interface ContainerResources {
  /** Processor time that a node sets aside: `250m`, `1`. */
  readonly cpuRequest?: string;
  /** Processor time at the most. */
  readonly cpuLimit?: string;
  /** Memory, set aside and at the most. */
  readonly memory?: Size;
}

export interface PlatformProcess {
  /** Pods: 1 to 100. @default 2 */
  readonly replicas?: number;
  /** Of one pod. @default - gateway: 250m to 2 cores, 512 MiB; scaler: 100m to 1 core, 512 MiB */
  readonly resources?: ContainerResources;
}

export interface PlatformGateway extends PlatformProcess {
  /**
   * How long a gateway that ends waits for what is under way: the longest `activationTimeout` and `timeout` of any function together, so that nothing is cut. 1 s to 1 hour.
   * @default Duration.minutes(20)
   */
  readonly drainTimeout?: Duration;
  /** Namespaces whose pods may call functions at the Service `fibonacci-gateway`, besides those of functions; `cluster`: all. @default 'cluster' */
  readonly clients?: 'cluster' | readonly string[];
}

export interface PlatformFunctions {
  /** Processor time that a node sets aside for an instance. @default '50m' */
  readonly cpuRequest?: string;
  /** Processor time of an instance at the most. @default '1' */
  readonly cpuLimit?: string;
  /** What an instance may write to its disk. @default Size.mebibytes(256) */
  readonly scratch?: Size;
  /** Label of nodes that names their rack, for `racks` of a placement. @default 'topology.fibonacci.dev/rack' */
  readonly rackLabel?: string;
  /** Where functions may connect to, besides other functions through the gateway, and DNS. @default [] */
  readonly egress?: readonly FunctionEgress[];
}

/** Addresses, or pods of a namespace. */
export interface FunctionEgress {
  /** Addresses, such as `10.1.0.0/16` or `0.0.0.0/0` for everywhere. Exactly one of `cidr` and `namespace` is to be given. */
  readonly cidr?: string;
  /** Addresses of `cidr` that stay closed. @default [] */
  readonly except?: readonly string[];
  /** Pods of this namespace. */
  readonly namespace?: string;
  /** Labels that pods of `namespace` must have. @default {} */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** TCP ports. @default - all ports of all protocols */
  readonly ports?: readonly number[];
}

/** Bundled, unless `operator` is given. */
export interface PlatformMonitoring {
  /** The bundled Prometheus. */
  readonly prometheus?: MonitoringServer;
  /** The bundled Alertmanager. */
  readonly alertmanager?: MonitoringServer;
  /** The cluster's own Prometheus Operator, in place of the bundled servers. @default - bundled */
  readonly operator?: PrometheusOperator;
  /** Dashboards of functions and of the platform, as ConfigMaps that the cluster's own Grafana finds. @default - none */
  readonly dashboards?: PlatformDashboards;
}

/** Where Grafana's sidecar looks for dashboards; it shows them with any Prometheus that has the platform's series. */
export interface PlatformDashboards {
  /** Namespace of Grafana, which is to be there: the ConfigMaps are in it, and its pods may ask the bundled Prometheus. @default - ConfigMaps in the platform's own, and no way to Prometheus */
  readonly namespace?: string;
  /** Labels by which the sidecar selects ConfigMaps. @default { grafana_dashboard: '1' } */
  readonly labels?: Readonly<Record<string, string>>;
  /** For the sidecar, such as `grafana_folder`. @default {} */
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface MonitoringServer {
  /** Official image or one that starts the same way. @default 'prom/prometheus:v3.5.0', 'prom/alertmanager:v0.28.1' */
  readonly image?: string;
  /** Of its pod. @default - Prometheus: 100m to 1 core, 512 MiB; Alertmanager: 20m to 200m, 128 MiB */
  readonly resources?: ContainerResources;
  /** Size of a volume that outlives the pod; without it, data is gone with the pod and functions do not scale in for a while. @default - none */
  readonly storage?: Size;
  /** StorageClass of that volume. @default - the cluster's default */
  readonly storageClass?: string;
}

export interface PrometheusOperator {
  /** Base URL of its Prometheus, inside of the cluster. */
  readonly prometheusUrl: string;
  /** Base URL of its Alertmanager, inside of the cluster. */
  readonly alertmanagerUrl: string;
  /** Namespace of both, from and to which traffic is let. */
  readonly namespace: string;
  /** Labels by which it selects ServiceMonitors, PodMonitors, PrometheusRules and AlertmanagerConfigs. @default {} */
  readonly labels?: Readonly<Record<string, string>>;
}

/** One of them at the most. */
export interface PlatformExposure {
  /** The type of the Service itself. */
  readonly service?: ExposureService;
  /** An Ingress; its controller is the cluster's. */
  readonly ingress?: ExposureIngress;
  /** An HTTPRoute of the Gateway API; its Gateway is the cluster's. */
  readonly httpRoute?: ExposureHttpRoute;
}

export interface ExposureService {
  /** `LoadBalancer`: an address of the cloud's; `NodePort`: a port of every node. */
  readonly type: 'LoadBalancer' | 'NodePort';
  /** For the cloud's load balancer. @default {} */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Addresses that may connect, as CIDRs. @default - all */
  readonly sourceRanges?: readonly string[];
  /** Port of every node, 30000 to 32767. @default - Kubernetes picks one */
  readonly nodePort?: number;
}

export interface ExposureIngress {
  /** Host names that lead to the gateway. @default - every host */
  readonly hosts?: readonly string[];
  /** IngressClass. @default - the cluster's default */
  readonly className?: string;
  /** Secret with the certificate of the hosts. @default - no TLS */
  readonly tlsSecret?: string;
  /** For the controller. @default {} */
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface ExposureHttpRoute {
  /** Name of the Gateway. */
  readonly gateway: string;
  /** Namespace of the Gateway. @default - the platform's */
  readonly gatewayNamespace?: string;
  /** Listener of the Gateway. @default - all */
  readonly sectionName?: string;
  /** Host names that lead to the gateway. @default - those of the listener */
  readonly hosts?: readonly string[];
}

export interface PlatformCluster {
  /** Addresses of the API server, behind its Service: the platform may connect to nothing else on 443 and 6443. @default ['0.0.0.0/0', '::/0'] */
  readonly apiServerCidrs?: readonly string[];
  /** Ports of the API server. @default [443, 6443] */
  readonly apiServerPorts?: readonly number[];
  /** Where names are resolved. */
  readonly dns?: ClusterDns;
}

export interface ClusterDns {
  /** Namespace of the DNS pods. @default 'kube-system' */
  readonly namespace?: string;
  /** Their labels. @default { 'k8s-app': 'kube-dns' } */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** Their ports, UDP and TCP. @default [53] */
  readonly ports?: readonly number[];
  /** Addresses of servers that are no pods, as CIDRs. @default ['169.254.20.10/32'], where NodeLocal DNSCache answers */
  readonly cidrs?: readonly string[];
}
