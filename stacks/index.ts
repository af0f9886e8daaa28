/** Pulumi components of Fibonacci: `import { ManifestComponent } from 'fibonacci-faas/pulumi'`. */
export { type ManifestArgs, ManifestComponent } from './manifest-component.ts';
