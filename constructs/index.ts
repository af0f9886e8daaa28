/** Typed constructs of Fibonacci: `import * as fib from 'fibonacci-faas'`. */
export type { BundleOptions } from './build/bundle.ts';
export { Code } from './code.ts';
export type { CodeContext, CodeOptions } from './code-form.ts';
export type { Package } from '../protocol/package.ts';
export { defineStack, type DefineStack, type StackContext, type StackDefinition } from './define-stack.ts';
export { cold, type ColdDeployment, type ColdOptions, type FunctionDeployment, hot } from './deployment.ts';
export { Duration } from './duration.ts';
export { Function } from './function.ts';
export type { CommonFunctionProps, FunctionProps, FunctionScaling, ImageFunctionProps } from './function-props.ts';
export { FunctionStack, type FunctionStackProps } from './function-stack.ts';
export { HttpTrigger, type HttpTriggerProps } from './http-trigger.ts';
export type { ArtifactsS3, ArtifactsS3Credentials, PlatformArtifacts } from './platform/artifacts-props.ts';
export type {
  ClusterDns,
  ContainerResources,
  ExposureHttpRoute,
  ExposureIngress,
  ExposureService,
  FunctionEgress,
  FunctionNamespace,
  MonitoringServer,
  PlatformCluster,
  PlatformDashboards,
  PlatformExposure,
  PlatformFunctions,
  PlatformGateway,
  PlatformImages,
  PlatformMonitoring,
  PlatformProcess,
  PlatformProps,
  PlatformTransform,
  PrometheusOperator,
} from './platform/platform-props.ts';
export { Platform } from './platform/platform.ts';
export type { Placement, Toleration } from './placement.ts';
export { PodPool, type PodPoolProps } from './pod-pool.ts';
export type { ResourceProps, Transform } from './resource.ts';
export { Runtime } from './runtime.ts';
export {
  type CpuProps,
  type CustomRuleProps,
  type DurationProps,
  type MaxPercentProps,
  type RequestsPerSecondProps,
  ScalingRule,
  type ScalingRuleProps,
  type UtilizationProps,
} from './scaling-rule.ts';
export { Secret, type SecretOptions } from './secret.ts';
export { Size } from './size.ts';
export type { StackLimits, StackQuota } from './stack-limits.ts';
export { TimerTrigger, type TimerTriggerProps } from './timer-trigger.ts';
export { type ErrorCode, PlatformError } from '../protocol/errors.ts';
