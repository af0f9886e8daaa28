import * as pulumi from '@pulumi/pulumi';
import { manifestProblems } from './manifest-problems.ts';
import { problemsError } from '../constructs/synth/problem.ts';
import type { SynthObject } from '../constructs/synth/object.ts';
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
   * Former ids of objects whose kind, namespace or name has changed, by the present id: Pulumi then replaces one object instead of deleting one and making another.
   * @example { 'Deployment/shop/cart': 'Deployment/shop/basket' }
   * @default {}
   */
  readonly formerObjectIds?: Readonly<Record<string, string>>;
  /** Whether Functions are awaited until they serve and triggers until they are accepted; Pulumi itself waits for Deployments, Services and the like. @default true */
  readonly wait?: boolean;
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
 * @throws PlatformError STACK_INVALID for two objects of one id and for former ids that lead nowhere; OUTPUT_UNRESOLVED
 */
export class ManifestComponent extends pulumi.ComponentResource {
  /** The resources by their objects' ids. */
  readonly resources: ReadonlyMap<string, pulumi.CustomResource>;

  constructor(name: string, args: ManifestArgs, options: pulumi.ComponentResourceOptions = {}) {
    const { objects, outputs = new OutputTexts(name), formerObjectIds = {}, wait = true } = args;
    const problems = manifestProblems(objects, formerObjectIds);
    if (problems.length > 0) throw problemsError(problems);
    const restored = objects.map((synth) => renderInputs(wait ? withAwait(synth) : synth, outputs));
    super('fibonacci:kubernetes:Manifest', name, {}, options);
    const needs = needsOf(objects);
    // Pulumi does not hand a component's own dependencies on to what is below it.
    const before = [options.dependsOn ?? []].flat() as pulumi.Resource[];
    const driven = drivenElsewhere(objects);
    const resources = new Map<string, pulumi.CustomResource>();
    for (const [index, { id, object }] of objects.entries()) {
      const former = formerObjectIds[id];
      const resource = new GenericResource(
        resourceType(object),
        `${name}/${id}`,
        { ...restored[index], status: undefined },
        {
          parent: this,
          version: PROVIDER_VERSION,
          dependsOn: [...before, ...(needs.get(id) ?? []).flatMap((need) => resources.get(need) ?? [])],
          ...(former !== undefined && { aliases: [{ name: `${name}/${former}` }] }),
          ...(driven.has(id) && { ignoreChanges: ['spec.replicas'] }),
          ...(object.kind === 'Secret' && { additionalSecretOutputs: ['data', 'stringData'] }),
        },
      );
      resources.set(id, resource);
    }
    this.resources = resources;
    this.registerOutputs();
  }
}

/** Of any kind: its fields are those of the object. */
class GenericResource extends pulumi.CustomResource {}

function renderInputs({ id, object }: SynthObject, texts: OutputTexts): Record<string, unknown> {
  return restoreOutputs(object, texts, { where: id, secrets: object.kind === 'Secret' && object.apiVersion === 'v1' }) as Record<string, unknown>;
}
