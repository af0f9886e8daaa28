import * as pulumi from '@pulumi/pulumi';
import type { Function } from '../constructs/function.ts';
import type { SynthResult } from '../constructs/synth/object.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { FunctionSpec } from '../protocol/schema/function.ts';
import type { TriggerSpec } from '../protocol/schema/trigger.ts';
import type { FibonacciPlatform } from './fibonacci-platform.ts';
import type { ManifestComponent } from './manifest-component.ts';
import type { OutputTexts } from './output-texts.ts';
import { restoreOutputs } from './restore-outputs.ts';

/** A function of a FunctionStackComponent. */
export class DeployedFunction {
  readonly name: string;
  readonly namespace: string;
  readonly #manifest: ManifestComponent;
  readonly #context: DeployedContext;

  /** @internal */
  constructor(fn: Function, manifest: ManifestComponent, context: DeployedContext) {
    this.name = fn.name;
    this.namespace = fn.namespace;
    this.#manifest = manifest;
    this.#context = context;
  }

  /** The URL of its first HTTP trigger, as other functions call it, once function and triggers serve. @throws PlatformError STACK_INVALID where it has no HTTP trigger */
  get url(): pulumi.Output<string> {
    const { result, outputs } = this.#context;
    const url = result.urls.get(`Function/${this.namespace}/${this.name}`);
    if (url === undefined) throw this.#invalid('has no URL, as it has no HTTP trigger: add an HttpTrigger for it');
    const text = restoreOutputs(url, outputs, { where: `URL of ${this.name}`, secrets: true }) as pulumi.Input<string>;
    return pulumi.all([pulumi.all(this.#served()), text]).apply(([, known]) => known);
  }

  /** The URL at which it is reached from outside. @throws PlatformError STACK_INVALID where its access is internal, or the component was given no `platform` */
  get publicUrl(): pulumi.Output<string> {
    const { result, platform } = this.#context;
    const spec = result.objects.find(({ id }) => id === `Function/${this.namespace}/${this.name}`)?.object['spec'] as FunctionSpec | undefined;
    if (spec?.access !== 'public') throw this.#invalid("has no public URL, as its access is internal: give it access: 'public'");
    if (!platform) throw this.#invalid('has no public URL that is known here: give the FunctionStackComponent its `platform`');
    const { gateway, internal } = platform.endpoints;
    return pulumi.all([this.url, gateway, internal]).apply(([url, outside, inside]) => {
      if (url.startsWith(inside)) return `${outside}${url.slice(inside.length)}`;
      // A trigger with a host of its own.
      return `${new URL(outside).protocol}${url.slice(url.indexOf('//'))}`;
    });
  }

  /** The Function and its triggers. */
  #served(): pulumi.Output<string>[] {
    const { objects } = this.#context.result;
    const own = objects.filter(({ object: { kind, metadata, spec } }) => {
      if (metadata.namespace !== this.namespace) return false;
      return kind === 'Function' ? metadata.name === this.name : kind === 'Trigger' && (spec as TriggerSpec).function === this.name;
    });
    return own.flatMap(({ id }) => this.#manifest.resources.get(id)?.urn ?? []);
  }

  #invalid(why: string): PlatformError {
    return new PlatformError('STACK_INVALID', `the function ${this.namespace}/${this.name} ${why}`);
  }
}

export interface DeployedContext {
  readonly result: SynthResult;
  readonly outputs: OutputTexts;
  readonly platform: FibonacciPlatform | undefined;
}
