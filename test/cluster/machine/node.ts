import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NETWORK, type NodePlan, PAUSE_IMAGE } from './plan.ts';
import type { Program } from './process.ts';

/** What a node is started with. */
export interface NodeOptions {
  readonly plan: NodePlan;
  /** Kubernetes' programs by name. */
  readonly bin: string;
  /** Starters of Debian's programs. */
  readonly tools: string;
  /** CNI plugins. */
  readonly cni: string;
  readonly pki: string;
  /** The node's own folder. */
  readonly state: string;
}

/** cgroups of a node; each kubelet must have its own, or one cleans up the other's pods. */
export function cgroupOf(plan: NodePlan): string {
  return `/fibonacci-cluster/${plan.name}`;
}

/**
 * The process that is the node: namespaces of its own for network, mounts, host name and processes, and private folders in place of /run, /var/lib and /var/log. When it ends, the kernel ends everything in it: processes, containers, mounts,
 * addresses and rules.
 */
export function nodeProgram({ plan, state }: NodeOptions, pause: string): Program {
  for (const folder of ['run', 'lib', 'log']) mkdirSync(join(state, folder), { recursive: true });
  const script = [
    'set -e',
    'mount --make-rshared /',
    `mount --bind '${state}/lib' /var/lib`,
    `mount --bind '${state}/log' /var/log`,
    `mount --bind '${state}/run' /run`,
    `hostname ${plan.name}`,
    'ip link set lo up',
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
    'echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables || true',
    `exec '${pause}'`,
  ];
  const args = [
    '--net',
    '--mount',
    '--uts',
    '--ipc',
    '--pid',
    '--fork',
    '--kill-child',
    '--propagation',
    'slave',
    '--mount-proc',
    'sh',
    '-c',
    script.join('\n'),
  ];
  return { name: plan.name, file: 'unshare', args, forks: true };
}

/** Runs a program inside a node. @param pid of {@link nodeProgram}'s process */
export function insideNode(pid: number, file: string, args: readonly string[]): { file: string; args: string[] } {
  return { file: 'nsenter', args: ['-t', String(pid), '--net', '--mount', '--uts', '--ipc', '--pid', file, ...args] };
}

/** containerd, kubelet and kube-proxy of a node, in the order of their start. */
export function nodePrograms(options: NodeOptions, pid: number): Program[] {
  const { plan, bin, tools, pki, state } = options;
  const config = (name: string, content: string) => {
    const file = join(state, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  const env = { PATH: `${tools}:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  const containerd = config('containerd.toml', containerdConfig(options, config('cni/10-pods.conflist', podNetwork(plan))));
  const kubelet = config('kubelet.json', kubeletConfig(options, config('resolv.conf', 'nameserver 127.0.0.1\n')));
  const proxy = config('kube-proxy.json', proxyConfig(options));
  const program = (name: string, file: string, args: string[]): Program => ({ name: `${name}-${plan.name}`, ...insideNode(pid, file, args), env, forks: true });
  return [
    program('containerd', join(tools, 'containerd'), ['--config', containerd]),
    program('kubelet', join(bin, 'kubelet'), [
      `--config=${kubelet}`,
      `--kubeconfig=${join(pki, `kubelet-${plan.name}.kubeconfig`)}`,
      `--hostname-override=${plan.name}`,
      `--node-ip=${plan.address}`,
      `--node-labels=topology.kubernetes.io/zone=${plan.zone},topology.kubernetes.io/region=test`,
    ]),
    program('kube-proxy', join(bin, 'kube-proxy'), [`--config=${proxy}`]),
  ];
}

/** The machine that this was tried on forbids lowering oom_score_adj: without `restrict_oom_score_adj` every pod fails. */
function containerdConfig({ cni }: NodeOptions, network: string): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[${cri}]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
[${cri}.containerd]
  snapshotter = "overlayfs"
  default_runtime_name = "runc"
[${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[${cri}.containerd.runtimes.runc.options]
  SystemdCgroup = false
[${cri}.cni]
  bin_dir = "${cni}"
  conf_dir = "${dirname(network)}"
`;
}

/** No address is rewritten between pods of the two nodes: network policies see who is calling. */
function podNetwork({ pods }: NodePlan): string {
  const bridge = {
    type: 'bridge',
    bridge: 'pods',
    isGateway: true,
    ipMasq: false,
    hairpinMode: true,
    ipam: { type: 'host-local', ranges: [[{ subnet: pods }]], routes: [{ dst: '0.0.0.0/0' }], dataDir: '/run/cni-addresses' },
  };
  return JSON.stringify({ cniVersion: '0.4.0', name: 'pods', plugins: [bridge, { type: 'portmap', capabilities: { portMappings: true } }] });
}

function kubeletConfig({ plan, pki }: NodeOptions, resolvConf: string): string {
  const serving = join(pki, `kubelet-${plan.name}-serving`);
  return JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: plan.address,
    healthzBindAddress: '127.0.0.1',
    tlsCertFile: `${serving}.crt`,
    tlsPrivateKeyFile: `${serving}.key`,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: join(pki, 'ca.crt') } },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'cgroupfs',
    cgroupRoot: cgroupOf(plan),
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    clusterDNS: [NETWORK.dnsService],
    clusterDomain: NETWORK.domain,
    resolvConf,
    maxPods: 250,
    // The machine's disk is not the cluster's: how full it is must not end pods or images.
    evictionHard: { 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%' },
    imageGCHighThresholdPercent: 100,
    volumePluginDir: '/var/lib/kubelet/volume-plugins',
  });
}

function proxyConfig({ plan, pki }: NodeOptions): string {
  return JSON.stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    hostnameOverride: plan.name,
    clusterCIDR: NETWORK.pods,
    detectLocalMode: 'ClusterCIDR',
    clientConnection: { kubeconfig: join(pki, 'kube-proxy.kubeconfig') },
    bindAddress: '0.0.0.0',
    healthzBindAddress: `${plan.address}:10256`,
    metricsBindAddress: '127.0.0.1:10249',
    // These are the machine's, not the node's.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  });
}
