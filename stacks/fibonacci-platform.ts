import * as pulumi from '@pulumi/pulumi';
import type { PlatformProps } from '../constructs/index.ts';
import { Platform } from '../constructs/platform/platform.ts';
import { SYSTEM_NAMESPACE } from '../protocol/cluster-names.ts';
import { callersFolder } from './callers-folder.ts';
import { endpointsOf, type PlatformEndpoints } from './endpoints.ts';
import { dependenciesOf, type ManifestOptions, ManifestComponent } from './manifest-component.ts';
import { OutputTexts } from './output-texts.ts';
import { synthesizeComponent } from './synthesize.ts';
import type { WithOutputs } from './with-outputs.ts';

/** The props of a `Platform`, where any text may be an Output, and how they become resources. */
export interface FibonacciPlatformArgs extends WithOutputs<PlatformProps>, ManifestOptions {
  /** That a relative path of `images.lock` starts from. @default - the folder of the file that makes the component */
  readonly folder?: string | URL;
}

/**
 * Everything that a cluster needs to run functions, as Pulumi resources.
 *
 * @example
 * const platform = new FibonacciPlatform('fibonacci', {
 *   functionNamespaces: ['shop'],
 *   exposure: { ingress: { hosts: [zone.domainName], tlsSecret: 'functions-tls' } },
 * }, { provider });
 * export const url = platform.endpoints.gateway;
 * @throws PlatformError as `Platform` does
 */
export class FibonacciPlatform extends pulumi.ComponentResource {
  readonly endpoints: PlatformEndpoints;
  /** Of its own parts. */
  readonly namespace: string;
  /** What stacks of functions build on: CRDs, namespaces, gateway and scaler. */
  readonly foundations: readonly pulumi.Resource[];
  /** All of its objects. */
  readonly manifest: ManifestComponent;

  constructor(name: string, args: FibonacciPlatformArgs = {}, options: pulumi.ComponentResourceOptions = {}) {
    const { wait, formerObjectIds, guard, folder = callersFolder(), ...outputProps } = args;
    const outputs = new OutputTexts(name);
    const props = outputs.replaceIn(outputProps) as PlatformProps;
    const { result } = synthesizeComponent(folder, outputs, {}, (app) => new Platform(app, name, props));
    super('fibonacci:index:Platform', name, {}, options);
    const namespace = props.namespace ?? SYSTEM_NAMESPACE;
    this.namespace = namespace;
    this.manifest = new ManifestComponent(
      name,
      { objects: result.objects, outputs, ...(wait !== undefined && { wait }), ...(formerObjectIds && { formerObjectIds }), ...(guard && { guard }) },
      { parent: this, dependsOn: dependenciesOf(options) },
    );
    this.foundations = [...this.manifest.resources].filter(([id]) => /^(CustomResourceDefinition|Namespace|Deployment)\//.test(id)).map(([, one]) => one);
    this.endpoints = endpointsOf(this.manifest, namespace);
    this.registerOutputs({ endpoints: this.endpoints });
  }
}
