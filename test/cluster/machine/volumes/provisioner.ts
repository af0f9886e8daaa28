import { KubernetesError, type KubernetesClient, resourcePath } from '../../../../kit/kubernetes/client.ts';
import { watchResources } from '../../../../kit/kubernetes/list-watch.ts';
import type { Log } from '../../../../kit/log.ts';
import { command } from '../command.ts';
import { type Claim, nodeOfWaitingClaim, placeOfReleasedVolume, renderVolume, type Volume } from './claims.ts';

export interface ProvisionerOptions {
  readonly client: KubernetesClient;
  /** Starter that runs a program inside the node of this name. */
  inNode(name: string): string;
  readonly log: Log;
}

/** In the node; it goes with it. */
const FOLDER = '/var/lib/fibonacci-volumes';

/** Makes a folder of its node a volume for each claim that waits for one, and removes both when the claim is gone. */
export function startProvisioner({ client, inNode, log }: ProvisionerOptions): { close(): Promise<void> } {
  const volumes = resourcePath({ version: 'v1', plural: 'persistentvolumes' });
  const provide = async (claim: Claim) => {
    const node = nodeOfWaitingClaim(claim);
    if (node === undefined) return;
    const path = `${FOLDER}/${claim.metadata.uid}`;
    // As provisioners do: whoever the pod runs as may write.
    await command(inNode(node), ['mkdir', '-p', '-m', '777', path]);
    await client.request('POST', volumes, { body: renderVolume(claim, node, path) });
  };
  const remove = async (volume: Volume) => {
    const place = placeOfReleasedVolume(volume);
    if (!place) return;
    await command(inNode(place.node), ['rm', '-rf', place.path]);
    await client.request('DELETE', resourcePath({ version: 'v1', plural: 'persistentvolumes', name: volume.metadata.name }));
  };
  const follow = <T extends object>(path: string, act: (object: T) => Promise<void>) => {
    const take = (object: T) => void act(object).catch((error: unknown) => isDone(error) || log.error('a volume failed', { err: error }));
    return watchResources<T>({
      client,
      path,
      log,
      onSync: (items) => items.forEach(take),
      onEvent: ({ type, object }) => {
        if (type === 'applied') take(object);
      },
    });
  };
  const watches = [follow<Claim>(resourcePath({ version: 'v1', plural: 'persistentvolumeclaims' }), provide), follow<Volume>(volumes, remove)];
  return {
    async close() {
      await Promise.all(watches.map((watch) => watch.close()));
    },
  };
}

/** The same event twice. */
function isDone(error: unknown): boolean {
  return error instanceof KubernetesError && (error.status === 409 || error.status === 404);
}
