import { subtractRanges } from './address-range.ts';
import { matches, type NetworkPolicy, type Peer, type Pod, type PolicyPort, type World } from './objects.ts';

/** Every packet that passes a node, or ends there, goes through it. */
export const POLICY_CHAIN = 'FIB-POLICY';

/** A chain of packet rules and what is in it. */
export type Chains = ReadonlyMap<string, readonly string[]>;

/**
 * NetworkPolicies as chains of iptables: a pod that a policy selects has one for what it sends or for what it gets, in which each allowed flow returns and the rest is dropped. What the node itself sends to its pods, such as probes, is not asked about.
 * Source: the Kubernetes documentation, "Network Policies".
 */
export function renderChains(world: World): Chains {
  const chains = new Map<string, string[]>();
  const main = ['-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN'];
  for (const pod of reachablePods(world)) {
    const ip = addressOf(pod);
    const policies = world.policies.filter((policy) => selects(policy, pod));
    const sent = policies.filter(({ spec }) => spec.policyTypes?.includes('Egress') ?? spec.egress !== undefined);
    const received = policies.filter(({ spec }) => spec.policyTypes?.includes('Ingress') ?? true);
    if (sent.length > 0) {
      main.push(`-s ${ip} ! -d ${ip} -j FIB-E-${ip}`);
      chains.set(`FIB-E-${ip}`, [...sent.flatMap((policy) => allowSent(world, policy)), '-j DROP']);
    }
    if (received.length > 0) {
      main.push(`-d ${ip} ! -s ${ip} -j FIB-I-${ip}`);
      chains.set(`FIB-I-${ip}`, [...received.flatMap((policy) => allowReceived(world, policy, pod)), '-j DROP']);
    }
  }
  return new Map([[POLICY_CHAIN, main], ...chains]);
}

/** Input of `iptables-restore --noflush`, which changes all at once. @param before chains of an earlier one */
export function renderRestore(chains: Chains, before: Iterable<string>): string {
  const stale = [...before].filter((name) => !chains.has(name));
  const names = [...chains.keys(), ...stale].map((name) => `:${name} - [0:0]`);
  const rules = [...chains].flatMap(([name, lines]) => lines.map((line) => `-A ${name} ${line}`));
  return ['*mangle', ...names, ...rules, ...stale.map((name) => `-X ${name}`), 'COMMIT', ''].join('\n');
}

function allowSent(world: World, policy: NetworkPolicy): string[] {
  return (policy.spec.egress ?? []).flatMap(({ to, ports }) =>
    destinations(world, policy, to).flatMap(({ range, pod }) => portMatches(ports, pod).map((port) => `-d ${range}${port} -j RETURN`)),
  );
}

function allowReceived(world: World, policy: NetworkPolicy, pod: Pod): string[] {
  return (policy.spec.ingress ?? []).flatMap(({ from, ports }) => {
    const allowed = portMatches(ports, pod);
    return destinations(world, policy, from).flatMap(({ range }) => allowed.map((port) => `-s ${range}${port} -j RETURN`));
  });
}

interface Destination {
  readonly range: string;
  /** Absent for a block of addresses. */
  readonly pod?: Pod;
}

/** No peers at all means everyone. */
function destinations(world: World, policy: NetworkPolicy, peers: readonly Peer[] | undefined): Destination[] {
  if (!peers || peers.length === 0) return [{ range: '0.0.0.0/0' }];
  return peers.flatMap((peer) => {
    if (peer.ipBlock) return subtractRanges(peer.ipBlock.cidr, peer.ipBlock.except ?? []).map((range) => ({ range }));
    return reachablePods(world)
      .filter((pod) => isPeer(world, policy, peer, pod))
      .map((pod) => ({ range: addressOf(pod), pod }));
  });
}

function isPeer(world: World, policy: NetworkPolicy, { podSelector, namespaceSelector }: Peer, pod: Pod): boolean {
  if (podSelector && !matches(podSelector, pod.metadata.labels)) return false;
  if (!namespaceSelector) return pod.metadata.namespace === policy.metadata.namespace;
  const namespace = world.namespaces.find(({ metadata }) => metadata.name === pod.metadata.namespace);
  return namespace !== undefined && matches(namespaceSelector, namespace.metadata.labels);
}

/** Matches of iptables, one for each port; a named port is what the pod calls so. */
function portMatches(ports: readonly PolicyPort[] | undefined, pod: Pod | undefined): string[] {
  if (!ports || ports.length === 0) return [''];
  return ports.flatMap(({ port, endPort, protocol = 'TCP' }) => {
    const match = ` -p ${protocol.toLowerCase()}`;
    if (port === undefined) return [match];
    if (typeof port === 'number') return [`${match} --dport ${endPort === undefined ? port : `${port}:${endPort}`}`];
    const named = pod?.spec.containers
      .flatMap((container) => container.ports ?? [])
      .filter(({ name, protocol: own = 'TCP' }) => name === port && own === protocol);
    return (named ?? []).map(({ containerPort }) => `${match} --dport ${containerPort}`);
  });
}

function selects({ metadata, spec }: NetworkPolicy, pod: Pod): boolean {
  return metadata.namespace === pod.metadata.namespace && matches(spec.podSelector ?? {}, pod.metadata.labels);
}

/** Pods that use the node's own network are the node. */
function reachablePods({ pods }: World): Pod[] {
  return pods.filter(({ spec, status }) => !spec.hostNetwork && status?.podIP && status.phase !== 'Succeeded' && status.phase !== 'Failed');
}

function addressOf(pod: Pod): string {
  return pod.status?.podIP ?? '';
}
