import * as pulumi from '@pulumi/pulumi';
import { FunctionStack, type FunctionStackProps } from '../constructs/function-stack.ts';
import type { Function } from '../constructs/function.ts';
import { callersFolder } from './callers-folder.ts';
import { DeployedFunction } from './deployed-function.ts';
import type { FibonacciPlatform } from './fibonacci-platform.ts';
import { dependenciesOf, type ManifestOptions, ManifestComponent } from './manifest-component.ts';
import { OutputTexts } from './output-texts.ts';
import { synthesizeComponent } from './synthesize.ts';

type Functions = Readonly<Record<string, Function>>;

export interface DefineContext {
  /** Text for an Output, as constructs take plain text: `env: { BUCKET: output(bucket.id) }`. */
  readonly output: (value: pulumi.Input<string>) => string;
}

export interface FunctionStackArgs<F extends Functions> extends FunctionStackProps, ManifestOptions {
  /** Builds the stack; what it returns is in `functions`. */
  readonly define: (stack: FunctionStack, context: DefineContext) => F;
  /** The platform that serves it, when it is made by the same program. @default - one that is there already, in `systemNamespace` */
  readonly platform?: FibonacciPlatform;
  /** Base URL that `fn.url` begins with. @default - the gateway's Service inside of the cluster */
  readonly gatewayUrl?: string;
  /** That relative paths of code start from. @default - the folder of the file that makes the component */
  readonly folder?: string | URL;
}

/**
 * A stack of functions next to a program's other resources: Outputs go in, URLs come out.
 *
 * @example
 * const shop = new FunctionStackComponent('shop', {
 *   platform,
 *   namespace: 'shop',
 *   define: (stack, { output }) => {
 *     const upload = new Function(stack, 'upload', {
 *       runtime: Runtime.NODEJS, handler: 'index.handler', code: Code.fromDirectory('./upload'),
 *       env: { BUCKET: output(bucket.id) },
 *     });
 *     new HttpTrigger(stack, 'upload-http', { function: upload, path: '/upload' });
 *     return { upload };
 *   },
 * }, { provider });
 * export const url = shop.functions.upload.url;
 * @throws PlatformError as synthesis does; PACKAGE_TOO_LARGE for code that no ConfigMap takes
 */
export class FunctionStackComponent<F extends Functions = Functions> extends pulumi.ComponentResource {
  /** What `define` returned, as it is in the cluster. */
  readonly functions: { readonly [K in keyof F]: DeployedFunction };
  /** All of its objects. */
  readonly manifest: ManifestComponent;

  constructor(name: string, args: FunctionStackArgs<F>, options: pulumi.ComponentResourceOptions = {}) {
    const { define, platform, gatewayUrl, folder = callersFolder(), wait, formerObjectIds, guard, ...given } = args;
    const outputs = new OutputTexts(name);
    const props = { ...(platform && { systemNamespace: platform.namespace }), ...given };
    const { built, result } = synthesizeComponent(folder, outputs, { ...(gatewayUrl !== undefined && { gatewayUrl }) }, (app) =>
      define(new FunctionStack(app, name, props), { output: outputs.textOf }),
    );
    super('fibonacci:index:FunctionStack', name, {}, options);
    this.manifest = new ManifestComponent(
      name,
      { objects: result.objects, outputs, ...(wait !== undefined && { wait }), ...(formerObjectIds && { formerObjectIds }), ...(guard && { guard }) },
      { parent: this, dependsOn: [...(platform?.foundations ?? []), ...dependenciesOf(options)] },
    );
    const deployed = Object.entries(built ?? {}).map(([key, fn]) => [key, new DeployedFunction(fn, this.manifest, { result, outputs, platform })]);
    this.functions = Object.fromEntries(deployed) as { readonly [K in keyof F]: DeployedFunction };
    this.registerOutputs();
  }
}
