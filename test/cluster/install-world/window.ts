import { GATEWAY_NAME, INTERNAL_SECRET, PLATFORM_PORTS, SCALER_NAME } from '../../../protocol/cluster-names.ts';
import { ADMIN_PATHS, SCALER_PATHS } from '../../../protocol/names.ts';
import type { ScalerState } from '../../contract/platform.ts';
import type { Installed } from '../install.ts';
import { NETWORK } from '../machine/plan.ts';

/** A pod of the platform or of a function. */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[];
    readonly deletionTimestamp?: string;
  };
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly podIP?: string; readonly phase: string; readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** What an operator would look at, seen from this machine: NetworkPolicies keep everybody else out. */
export interface Window {
  /** The Secret that the platform's parts share. */
  readonly token: string;
  /** Pods of a part, such as `fibonacci-gateway`, that do not end. */
  podsOf(part: string): Promise<Pod[]>;
  /** Name of the pod that holds the Lease. */
  leader(): Promise<string>;
  /** `10.88.0.7:8082`. */
  addressOfLeader(): Promise<string>;
  state(): Promise<ScalerState>;
  /** What each gateway that answers counts, by its pod's name: the sum of the series of this name. */
  countsOfGateways(metric: string): Promise<ReadonlyMap<string, number>>;
  /** Of a gateway's admin API. */
  admin(path: string, token?: string): Promise<Response>;
}

/** Lets this machine in to the ports that are read here. */
export async function openWindow({ cluster, system }: Installed): Promise<Window> {
  await cluster.apply({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'window', namespace: system },
    spec: {
      podSelector: {},
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ ipBlock: { cidr: `${NETWORK.host}/32` } }] }],
    },
  });
  const { data } = await cluster.get<{ data: Record<string, string> }>('secret', INTERNAL_SECRET.name, '-n', system);
  const token = Buffer.from(data[INTERNAL_SECRET.key] ?? '', 'base64').toString();
  const podsOf: Window['podsOf'] = async (part) => {
    const { items } = await cluster.get<{ items: Pod[] }>('pods', '-n', system, '-l', `app.kubernetes.io/name=${part}`);
    return items.filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && status.phase === 'Running');
  };
  const ask = async (address: string | undefined, path: string, bearer = token) =>
    fetch(`http://${address}${path}`, { headers: { authorization: `Bearer ${bearer}` }, signal: AbortSignal.timeout(5000) });
  const leader = async () => {
    const { spec } = await cluster.get<{ spec: { holderIdentity: string } }>('lease', SCALER_NAME, '-n', system);
    // Behind it is what tells one process of the pod from the next.
    return spec.holderIdentity.split('_')[0] ?? '';
  };
  const addressOfLeader = async () => {
    const name = await leader();
    const pod = (await podsOf(SCALER_NAME)).find(({ metadata }) => metadata.name === name);
    if (!pod) throw new Error(`the leader ${name} does not run`);
    return `${pod.status.podIP}:${PLATFORM_PORTS.scaler}`;
  };
  return {
    token,
    podsOf,
    leader,
    addressOfLeader,
    state: async () => (await ask(await addressOfLeader(), SCALER_PATHS.state)).json() as Promise<ScalerState>,
    async countsOfGateways(metric) {
      const counted = (await podsOf(GATEWAY_NAME)).map(async ({ metadata, status }): Promise<[string, number][]> => {
        const answer = await ask(`${status.podIP}:${PLATFORM_PORTS.gatewayAdmin}`, ADMIN_PATHS.metrics).catch(() => undefined);
        // It just starts, or just ended.
        if (!answer) return [];
        const lines = (await answer.text()).split('\n').filter((line) => line.startsWith(`${metric}{`));
        return [[metadata.name, lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)]];
      });
      return new Map((await Promise.all(counted)).flat());
    },
    async admin(path, bearer) {
      const [pod] = await podsOf(GATEWAY_NAME);
      return ask(`${pod?.status.podIP}:${PLATFORM_PORTS.gatewayAdmin}`, path, bearer);
    },
  };
}
