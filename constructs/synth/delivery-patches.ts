import { DIGEST_ANNOTATION } from '../../protocol/package-config-map.ts';
import { renderYaml } from '../../protocol/yaml.ts';
import type { DeliveryKind } from './delivery.ts';
import { groupOf } from './group-kind.ts';
import { isPackageConfigMap, type Phase, PHASES, type SynthObject } from './object.ts';

/** Sync waves of Argo CD; the API group's own order of kinds is not enough for webhooks and for what needs our CRDs. */
const WAVES: Readonly<Record<Phase, number>> = { crd: -10, namespace: -8, rbac: -6, config: -4, workload: 0, resource: 4, webhook: 8 };

/** What goes with everything in it: never deleted because a tree has it no more. */
const HOLDERS = ['CustomResourceDefinition', 'Namespace', 'PersistentVolume', 'PersistentVolumeClaim'];
const KEEP: Readonly<Record<DeliveryKind, Readonly<Record<string, string>>>> = {
  argocd: { 'argocd.argoproj.io/sync-options': 'Prune=false' },
  flux: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
};
/** Argo CD would call an Application out of sync for good that has a package no more. */
const KEEP_PACKAGES: typeof KEEP = { ...KEEP, argocd: { ...KEEP.argocd, 'argocd.argoproj.io/compare-options': 'IgnoreExtraneous' } };

interface Patch {
  readonly target: { readonly group?: string; readonly kind: string; readonly annotationSelector?: string };
  readonly patch: string;
}

/**
 * Patches of a kustomization that give its objects the annotations of whoever delivers them, so that the manifests themselves are the same whatever brings them.
 * Flux has no waves: it applies CRDs and namespaces first by itself.
 */
export function deliveryPatches(kind: DeliveryKind, objects: readonly SynthObject[]): Patch[] {
  const waves = kind === 'argocd' ? PHASES.filter((phase) => WAVES[phase] !== 0).flatMap((phase) => wavePatches(phase, objects)) : [];
  const held = HOLDERS.filter((holder) => objects.some(({ object }) => object.kind === holder));
  return [...waves, ...(held.length > 0 ? [annotate({ kind: held.join('|') }, KEEP[kind])] : []), ...packagePatches(kind, objects)];
}

/** Packages stay, as with `fib deploy`: revisions that are still served, and those that one goes back to, take their code from them. */
function packagePatches(kind: DeliveryKind, objects: readonly SynthObject[]): Patch[] {
  const hasPackages = objects.some(({ object }) => isPackageConfigMap(object));
  return hasPackages ? [annotate({ kind: 'ConfigMap', annotationSelector: DIGEST_ANNOTATION }, KEEP_PACKAGES[kind])] : [];
}

/** One patch an API group. That of the core group names none, and so takes any: it stands first. */
function wavePatches(phase: Phase, objects: readonly SynthObject[]): Patch[] {
  const ofPhase = objects.filter((object) => object.phase === phase).map(({ object }) => object);
  const groups = [...Map.groupBy(ofPhase, groupOf)].sort(([a], [b]) => (a < b ? -1 : 1));
  return groups.map(([group, members]) => {
    const kinds = [...new Set(members.map((object) => object.kind))].sort();
    return annotate({ ...(group !== '' && { group }), kind: kinds.join('|') }, { 'argocd.argoproj.io/sync-wave': String(WAVES[phase]) });
  });
}

/** @param target kustomize takes kinds as a regular expression */
function annotate(target: Patch['target'], annotations: Readonly<Record<string, string>>): Patch {
  return { target, patch: renderYaml({ apiVersion: 'v1', kind: 'any', metadata: { name: 'any', annotations } }) };
}
