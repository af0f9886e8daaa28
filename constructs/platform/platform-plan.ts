import type { ImageReferences } from '../../protocol/images.ts';
import type { NamespaceSetting, PlatformSettings } from './settings.ts';

/** Everything that the platform's objects follow from. */
export interface PlatformPlan extends Omit<PlatformSettings, 'functionNamespaces'> {
  readonly functionNamespaces: readonly NamespaceSetting[];
  /** Reference of each image. */
  readonly imageRefs: ImageReferences;
}

/** Address of a Service of the platform, as pods resolve it. */
export function serviceUrl({ namespace }: Pick<PlatformPlan, 'namespace'>, service: string, port: number): string {
  return `http://${serviceHost({ namespace }, service, port)}`;
}

/** `host:port` of a Service of the platform. */
export function serviceHost({ namespace }: Pick<PlatformPlan, 'namespace'>, service: string, port: number): string {
  return `${service}.${namespace}.svc:${port}`;
}
