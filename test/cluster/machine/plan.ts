/** What is built and fetched. A change builds anew only what it is about: each part has a folder named after the hash of its recipe. */
export const KUBERNETES_VERSION = 'v1.34.4';
/** As in programs/pulumi/go.mod. */
export const PULUMI_VERSION = 'v3.200.0';

/** Packages of the system's archive that nodes run on; those that a machine mostly has are among them for the ones that have not. */
export const DEBIAN_PACKAGES = ['conntrack', 'containerd', 'containernetworking-plugins', 'debootstrap', 'iproute2', 'iptables', 'openssl', 'runc'] as const;

/** The base that test images are built on, in place of an official one. */
export const BASE_IMAGE = 'localhost/fibonacci-base:bookworm';
export const BASE_SUITE = 'bookworm';
/** Beside Debian's smallest system: what Node.js' own program links to, the Python watcher's interpreter and its one package (whose virtual dependency debootstrap does not resolve), and certificates. */
export const BASE_PACKAGES = ['ca-certificates', 'libatomic1', 'python3', 'python3-cffi-backend', 'python3-cryptography'] as const;

export const PAUSE_IMAGE = 'localhost/fibonacci-pause:1';
export const COREDNS_IMAGE = 'localhost/fibonacci-coredns:1';

/** Addresses inside the cluster; none leaves the machine. */
export const NETWORK = {
  /** The machine's end of the wires to the nodes; the API server listens here. */
  host: '10.89.0.1',
  apiPort: 6443,
  pods: '10.88.0.0/16',
  services: '10.87.0.0/16',
  /** First address of `services`: the Service `kubernetes`. */
  apiService: '10.87.0.1',
  dnsService: '10.87.0.10',
  domain: 'cluster.local',
} as const;

export interface NodePlan {
  readonly name: string;
  /** Label `topology.kubernetes.io/zone`. */
  readonly zone: string;
  /** The node's InternalIP. */
  readonly address: string;
  readonly pods: string;
  /** The wire's end on the machine. */
  readonly wire: string;
}

export const NODES: readonly [NodePlan, NodePlan] = [
  { name: 'node-a', zone: 'zone-a', address: '10.89.0.11', pods: '10.88.0.0/22', wire: 'fib-node-a' },
  { name: 'node-b', zone: 'zone-b', address: '10.89.0.12', pods: '10.88.4.0/22', wire: 'fib-node-b' },
];
