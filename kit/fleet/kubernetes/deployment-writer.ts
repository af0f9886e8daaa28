import { ANNOTATIONS } from '../../../protocol/names.ts';
import { serverSideApply } from '../../kubernetes/apply.ts';
import { type KubernetesClient, PATCH_TYPES, resourcePath } from '../../kubernetes/client.ts';
import type { InstanceTemplate } from '../fleet.ts';
import { type DeploymentView, parseDeployment } from './deployments.ts';
import type { Deployment } from './manifests.ts';
import { hasImage, renderWorkload, type WorkloadContext } from './workload.ts';

interface WorkloadName {
  readonly namespace: string;
  readonly name: string;
}

/** Writes the Deployments of templates. */
export interface DeploymentWriter {
  /** Whether it was rendered otherwise: by another version of the platform, or for an owner of the same name. */
  isStale(view: DeploymentView, template: InstanceTemplate): boolean;
  /** Makes it, or renders it anew. @throws KubernetesError, PlatformError RUNTIME_UNAVAILABLE */
  apply(template: InstanceTemplate, replicas: number): Promise<DeploymentView | undefined>;
  /** Changes its replicas and nothing else. @throws KubernetesError */
  scale(workload: WorkloadName, replicas: number): Promise<DeploymentView | undefined>;
  /** Only that very one. @throws KubernetesError */
  remove(view: DeploymentView): Promise<void>;
}

const FIELD_MANAGER = 'fibonacci-scaler';

export function createDeploymentWriter({ client, context }: { client: KubernetesClient; context: WorkloadContext }): DeploymentWriter {
  const cache = new WeakMap<InstanceTemplate, Deployment>();

  const render = (template: InstanceTemplate): Deployment => {
    let rendered = cache.get(template);
    if (!rendered) cache.set(template, (rendered = renderWorkload(template, context)));
    return rendered;
  };
  return {
    isStale: ({ rendered }, template) =>
      hasImage(template.runtime, context.workloads) && render(template).metadata.annotations[ANNOTATIONS.rendered] !== rendered,
    async apply(template, replicas) {
      const deployment = render(template);
      const whole: Deployment = { ...deployment, spec: { replicas, ...deployment.spec } };
      return parseDeployment(await serverSideApply(client, pathOf(deployment.metadata), whole, { fieldManager: FIELD_MANAGER }));
    },
    async scale(workload, replicas) {
      const options = { contentType: PATCH_TYPES.merge, query: { fieldManager: FIELD_MANAGER } };
      return parseDeployment(await client.request('PATCH', pathOf(workload), { body: { spec: { replicas } }, ...options }));
    },
    async remove(view) {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: view.uid }, propagationPolicy: 'Background' };
      await client.request('DELETE', pathOf(view), { body });
    },
  };
}

function pathOf({ namespace, name }: WorkloadName): string {
  return resourcePath({ group: 'apps', version: 'v1', plural: 'deployments', namespace, name });
}
