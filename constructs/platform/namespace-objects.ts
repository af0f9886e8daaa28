import { FUNCTION_ACCOUNT, PART_OF_LABEL } from '../../protocol/cluster-names.ts';
import type { KubernetesObject } from '../synth/object.ts';
import { metadata } from './metadata.ts';
import type { PlatformPlan } from './platform-plan.ts';

/** Enforced on every pod: Kubernetes, "Pod Security Standards". */
const POD_SECURITY = Object.fromEntries(['enforce', 'audit', 'warn'].map((mode) => [`pod-security.kubernetes.io/${mode}`, 'restricted']));

/** The namespaces, and in those of functions the account that their pods run as. */
export function namespaceObjects(plan: PlatformPlan): KubernetesObject[] {
  const made = [plan.namespace, ...plan.functionNamespaces.filter(({ create }) => create).map(({ name }) => name)];
  return [...made.map(renderNamespace), ...plan.functionNamespaces.map(({ name }) => functionAccount(plan, name))];
}

/** Without the stack's label: a namespace goes with all that is in it, so no deployment removes one by itself. */
function renderNamespace(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { [PART_OF_LABEL]: 'fibonacci', ...POD_SECURITY } } };
}

function functionAccount(plan: PlatformPlan, namespace: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(plan, FUNCTION_ACCOUNT, namespace), automountServiceAccountToken: false };
}
