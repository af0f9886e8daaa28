import { LABELS, MANAGED_BY } from '../../../protocol/names.ts';
import { type KubernetesClient, resourcePath } from '../../kubernetes/client.ts';
import { watchResources } from '../../kubernetes/list-watch.ts';
import type { Log } from '../../log.ts';
import { type DeploymentView, parseDeployment } from './deployments.ts';
import { parsePod, type PodView } from './pods.ts';
import type { Sight } from './sight.ts';

export interface FleetWatchesOptions {
  readonly client: KubernetesClient;
  readonly namespaces: readonly string[];
  readonly log: Log;
  /** Told which watches there are and how they fare. */
  readonly sight: Pick<Sight, 'expect' | 'report'>;
  readonly pods: Changes<PodView>;
  readonly deployments: Changes<DeploymentView>;
}

interface Changes<T> {
  applied(object: T): void;
  deleted(object: T): void;
}

export interface FleetWatches {
  /** Resolves once all that are there were told. */
  readonly synced: Promise<unknown>;
  close(): Promise<unknown>;
}

/** Pods and Deployments of ours, and nothing else of ours. */
const SELECTOR = `${LABELS.managedBy}=${MANAGED_BY},${LABELS.template}`;

/** One watch of pods and one of Deployments a namespace. */
export function watchFleet({ client, namespaces, log, sight, pods, deployments }: FleetWatchesOptions): FleetWatches {
  const watch = <T extends object>(path: string, parse: (raw: unknown) => T | undefined, changes: Changes<T>) => {
    const { promise: synced, resolve } = Promise.withResolvers<void>();
    sight.expect(path);
    const resources = watchResources<T>({
      client,
      path,
      labelSelector: SELECTOR,
      parse,
      onSync(objects) {
        for (const object of objects) changes.applied(object);
        resolve();
      },
      onEvent: ({ type, object }) => changes[type](object),
      onState: ({ connected }) => sight.report(path, connected),
      log,
    });
    return { synced, close: () => resources.close() };
  };
  const watches = namespaces.flatMap((namespace) => [
    watch(resourcePath({ group: 'apps', version: 'v1', plural: 'deployments', namespace }), parseDeployment, deployments),
    watch(resourcePath({ version: 'v1', plural: 'pods', namespace }), parsePod, pods),
  ]);
  return {
    synced: Promise.all(watches.map(({ synced }) => synced)),
    close: () => Promise.all(watches.map(({ close }) => close())),
  };
}
