import * as pulumi from '@pulumi/pulumi';
import { guardProblems, manifestProblems } from './manifest-problems.ts';
import { problemsError } from '../constructs/synth/problem.ts';
import type { SynthObject } from '../constructs/synth/object.ts';
import { guardPlace } from './guard-places.ts';
import { needsOf } from './needs.ts';
import { OutputTexts } from './output-texts.ts';
import { drivenElsewhere, withAwait } from './provider-hints.ts';
import { resourceType } from './resource-type.ts';
import { restoreOutputs } from './restore-outputs.ts';

/** Release of the Kubernetes provider that Pulumi takes where none is given. */
export const PROVIDER_VERSION = '4.34.2';

/** How synthesized objects become resources. */
export interface ManifestOptions {
  /**
   * Former ids of objects whose namespace or name has changed, by the present id: Pulumi then replaces one object instead of deleting one and making another.
   * @example { 'Deployment/shop/cart': 'Deployment/shop/basket' }
   * @default {}
   */
  readonly formerObjectIds?: Readonly<Record<string, string>>;
  /** Whether Functions are awaited until they serve and triggers until they are accepted; Pulumi itself waits for Deployments, Services and the like. @default true */
  readonly wait?: boolean;
  /**
   * Asked before anything is deleted together with the platform: see `destroyGuard`. Its places are the gateway's PodDisruptionBudget, which then comes last and goes first, and the platform's CRDs, should there be no more than those.
   * @default - none
   */
  readonly guard?: pulumi.ResourceHook;
}

export interface ManifestArgs extends ManifestOptions {
  /** What was synthesized, in the order to apply it. */
  readonly objects: readonly SynthObject[];
  /** Outputs that the objects hold as texts. @default - none */
  readonly outputs?: OutputTexts;
}

/**
 * Synthesized objects as Pulumi resources: one generic resource an object, whose logical name is the component's name and the object's id (`<name>/Function/shop/greet`).
 * Namespaces and CRDs come before what needs them, and go after it; all come after `dependsOn`. It needs no cluster at preview, and an unknown Output is unknown in one object alone.
 *
 * @throws PlatformError STACK_INVALID for two objects of one id, for former ids that lead nowhere and for a guard of no platform; OUTPUT_UNRESOLVED
 */
export class ManifestComponent extends pulumi.ComponentResource {
  /** The resources by their objects' ids. */
  readonly resources: ReadonlyMap<string, pulumi.CustomResource>;

  constructor(name: string, args: ManifestArgs, options: pulumi.ComponentResourceOptions = {}) {
    const { objects, outputs = new OutputTexts(name), formerObjectIds = {}, wait = true, guard } = args;
    const problems = [...manifestProblems(objects, formerObjectIds), ...(guard ? guardProblems(objects) : [])];
    if (problems.length > 0) throw problemsError(problems);
    const inputs = new Map(objects.map((synth) => [synth.id, renderInputs(wait ? withAwait(synth) : synth, outputs)]));
    super('fibonacci:kubernetes:Manifest', name, {}, options);
    const needs = needsOf(objects);
    const driven = drivenElsewhere(objects);
    const resources = new Map<string, pulumi.CustomResource>();
    const register = (synth: SynthObject, needed: readonly pulumi.Resource[]): void => {
      const { id, object } = synth;
      // A status is what the cluster says.
      const fields = { ...inputs.get(id), status: undefined };
      const dependsOn = [...dependenciesOf(options), ...needed];
      const former = formerObjectIds[id];
      const aliases = former === undefined ? [] : [{ name: `${name}/${former}` }];
      const hooks = guard && guardPlace(object) && { hooks: { beforeDelete: [guard] } };
      const own = { parent: this, dependsOn, aliases, ...optionsOf(synth, driven), ...hooks };
      resources.set(id, new GenericResource(resourceType(object), `${name}/${id}`, fields, own));
    };
    const first = guard && objects.find(({ object }) => guardPlace(object) === 'first');
    for (const synth of objects.filter((one) => one !== first)) {
      const needed = (needs.get(synth.id) ?? []).flatMap((id) => resources.get(id) ?? []);
      register(synth, needed);
    }
    // Made last, so that it is deleted first: where its hook refuses, everything else stays.
    if (first) register(first, [...resources.values()]);
    this.resources = resources;
    this.registerOutputs();
  }
}

/** What follows from the object alone. @param driven ids of those whose replicas something else sets */
function optionsOf({ id, object }: SynthObject, driven: ReadonlySet<string>): pulumi.CustomResourceOptions {
  return {
    version: PROVIDER_VERSION,
    ...(driven.has(id) && { ignoreChanges: ['spec.replicas'] }),
    ...(object.kind === 'Secret' && { additionalSecretOutputs: ['data', 'stringData'] }),
  };
}

/** What a component depends on, for what is below it: Pulumi does not hand it on. */
export function dependenciesOf({ dependsOn = [] }: pulumi.ComponentResourceOptions): pulumi.Resource[] {
  return [dependsOn].flat() as pulumi.Resource[];
}

/** Of any kind: its fields are those of the object. */
class GenericResource extends pulumi.CustomResource {}

function renderInputs({ id, object }: SynthObject, texts: OutputTexts): Record<string, unknown> {
  const secrets = object.kind === 'Secret' && object.apiVersion === 'v1';
  const inputs = restoreOutputs(object, texts, { where: id, secrets }) as Record<string, unknown>;
  if (!secrets) return inputs;
  // Plain ones, too: Pulumi's state would hold them in clear.
  const hidden = ['data', 'stringData'].filter((field) => inputs[field] !== undefined);
  return { ...inputs, ...Object.fromEntries(hidden.map((field) => [field, pulumi.secret(inputs[field])])) };
}
