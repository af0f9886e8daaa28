/** Pulumi components of Fibonacci: `import { FibonacciPlatform, FunctionStackComponent } from 'fibonacci-faas/pulumi'`. */
export { DeployedFunction } from './deployed-function.ts';
export { destroyGuard } from './destroy-guard.ts';
export type { PlatformEndpoints } from './endpoints.ts';
export { FibonacciPlatform, type FibonacciPlatformArgs } from './fibonacci-platform.ts';
export { type DefineContext, type FunctionStackArgs, FunctionStackComponent } from './function-stack-component.ts';
export { KubernetesProvider, type KubernetesProviderArgs } from './kubernetes-provider.ts';
export { type ManifestArgs, ManifestComponent, type ManifestOptions } from './manifest-component.ts';
export { OutputTexts } from './output-texts.ts';
export type { WithOutputs } from './with-outputs.ts';
