/** Pulumi components of Fibonacci: `import { FibonacciPlatform, FunctionStackComponent } from 'fibonacci-faas/pulumi'`. */
export { DeployedFunction } from './deployed-function.ts';
export { FibonacciPlatform, type FibonacciPlatformArgs, type PlatformEndpoints } from './fibonacci-platform.ts';
export { type DefineContext, type FunctionStackArgs, FunctionStackComponent } from './function-stack-component.ts';
export { type ManifestArgs, ManifestComponent, type ManifestOptions } from './manifest-component.ts';
export { OutputTexts } from './output-texts.ts';
export type { WithOutputs } from './with-outputs.ts';
