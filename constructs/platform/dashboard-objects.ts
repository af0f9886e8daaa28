import type { KubernetesObject } from '../synth/object.ts';
import { DASHBOARDS } from './dashboard-texts.ts';
import { metadata } from './metadata.ts';
import type { PlatformPlan } from './platform-plan.ts';

/** One ConfigMap a dashboard, as the sidecar of Grafana's Helm chart finds them: by a label, whatever the name. */
export function dashboardObjects(plan: PlatformPlan): KubernetesObject[] {
  const { dashboards } = plan;
  if (!dashboards) return [];
  const { namespace, labels, annotations } = dashboards;
  return Object.entries(DASHBOARDS).map(([file, text]) => {
    const { labels: own, ...rest } = metadata(plan, `${file.replace('.json', '')}-dashboard`, namespace);
    return {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...rest, labels: { ...labels, ...own }, ...(Object.keys(annotations).length > 0 && { annotations }) },
      data: { [file]: text },
    };
  });
}
