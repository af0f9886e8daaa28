import { PART_OF_LABEL } from '../../protocol/cluster-names.ts';
import { renderCrd } from '../../protocol/crd.ts';
import { KINDS, type KindName } from '../../protocol/schema/resources.ts';
import type { KubernetesObject } from '../synth/object.ts';
import { accessObjects } from './access-objects.ts';
import { artifactsObjects } from './artifacts-objects.ts';
import { dashboardObjects } from './dashboard-objects.ts';
import { exposureObjects } from './exposure.ts';
import { gatewayObjects } from './gateway-objects.ts';
import { monitoringObjects } from './monitoring-objects.ts';
import { namespaceObjects } from './namespace-objects.ts';
import { networkPolicies } from './network-policies.ts';
import type { PlatformPlan } from './platform-plan.ts';
import { scalerObjects } from './scaler-objects.ts';

/** Everything that a cluster needs, by a plan. Pure. */
export function platformObjects(plan: PlatformPlan): KubernetesObject[] {
  return [
    ...(Object.keys(KINDS) as KindName[]).map(customResourceDefinition),
    ...namespaceObjects(plan),
    ...accessObjects(plan),
    ...gatewayObjects(plan),
    ...scalerObjects(plan),
    ...artifactsObjects(plan),
    ...monitoringObjects(plan),
    ...dashboardObjects(plan),
    ...exposureObjects(plan),
    ...networkPolicies(plan),
  ];
}

/** Labelled as a part, to be waited for, and with no stack: what all of them share goes with none of them. */
function customResourceDefinition(kind: KindName): KubernetesObject {
  const crd = renderCrd(kind) as KubernetesObject;
  return { ...crd, metadata: { ...crd.metadata, labels: { [PART_OF_LABEL]: 'fibonacci' } } };
}
