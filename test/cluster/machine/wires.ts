import { command } from './command.ts';
import { NETWORK, NODES, type NodePlan } from './plan.ts';

/** Namespaces of the two nodes by the number of their process. */
export type NodePids = readonly [number, number];

/**
 * Wires each node to the machine and to the other one, point to point: nothing on the machine forwards packets, so its firewall has no say, and a wire is gone when its node is. From the machine, pods and Services are reached through the nodes.
 */
export async function connectNodes(ip: string, pids: NodePids): Promise<void> {
  const [first, second] = NODES;
  await batch(ip, undefined, [
    ...wireToMachine(first, pids[0]),
    `route replace ${NETWORK.services} via ${first.address} dev ${first.wire} src ${NETWORK.host}`,
  ]);
  await batch(ip, undefined, wireToMachine(second, pids[1]));
  await batch(ip, pids[0], wireInside(first));
  await batch(ip, pids[1], wireInside(second));
  await batch(ip, pids[0], [`link add peer type veth peer name peer netns ${pids[1]}`, ...wireToPeer(first, second)]);
  await batch(ip, pids[1], wireToPeer(second, first));
}

/** Whether something on this machine already has our names or addresses: another checkout's cluster, or a network that we would cut off. */
export async function findConflict(ip: string): Promise<string | undefined> {
  const text = await command(ip, ['-o', 'address', 'show']);
  if (NODES.some(({ wire }) => text.includes(` ${wire} `))) {
    return 'a cluster of another checkout runs on this machine; stop it there by: npm run cluster:down (where that checkout is gone, end the process `unshare` of each node, and kube-apiserver, kube-controller-manager, kube-scheduler and etcd)';
  }
  const routes = await command(ip, ['route', 'show']);
  const prefixes = ['10.87.', '10.88.', '10.89.'];
  const taken = `${text}\n${routes}`.split('\n').find((line) => prefixes.some((prefix) => new RegExp(`(^|\\s)${prefix.replaceAll('.', '\\.')}`).test(line)));
  return taken === undefined
    ? undefined
    : `the addresses 10.87.0.0-10.89.255.255 are taken on this machine (${taken.trim()}); set KUBECONFIG to use another cluster`;
}

function wireToMachine({ wire, address, pods }: NodePlan, pid: number): string[] {
  return [
    `link add ${wire} type veth peer name eth0 netns ${pid}`,
    `address add ${NETWORK.host}/32 dev ${wire}`,
    `link set ${wire} up`,
    `route replace ${address}/32 dev ${wire} src ${NETWORK.host}`,
    `route replace ${pods} via ${address} dev ${wire} src ${NETWORK.host}`,
  ];
}

function wireInside({ address }: NodePlan): string[] {
  return [
    `address add ${address}/32 dev eth0`,
    'link set eth0 up',
    `route replace ${NETWORK.host}/32 dev eth0 src ${address}`,
    `route replace default via ${NETWORK.host} dev eth0 src ${address}`,
  ];
}

function wireToPeer(own: NodePlan, other: NodePlan): string[] {
  return [
    'link set peer up',
    `route replace ${other.address}/32 dev peer src ${own.address}`,
    `route replace ${other.pods} via ${other.address} dev peer src ${own.address}`,
  ];
}

async function batch(ip: string, pid: number | undefined, lines: readonly string[]): Promise<void> {
  const [program, args] = pid === undefined ? [ip, []] : ['nsenter', ['-t', String(pid), '--net', ip]];
  await command(program, [...args, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}
