import type { Construct } from 'constructs';
import { PlatformError } from '../protocol/errors.ts';
import { scalingRuleSpec, type ScalingRuleSpec } from '../protocol/schema/scaling-rule.ts';
import type { Duration } from './duration.ts';
import { durationText } from './duration.ts';
import type { Function } from './function.ts';
import { targetProblems } from './function-checks.ts';
import { checkProps, type PropNames, schemaDefault } from './props.ts';
import { Resource, type ResourceProps } from './resource.ts';
import { targetName } from './target.ts';

export interface ScalingRuleProps extends ResourceProps<'ScalingRule'> {
  /** What the rule scales: 1 to 1,000 functions of the same namespace. */
  readonly functions: readonly Function[];
}

export interface RequestsPerSecondProps extends ScalingRuleProps {
  /** Requests a second that one instance is rated for; it becomes the functions’ `scaling.targetRate`. */
  readonly target: number;
  /** Share of the target that is aimed at: 1 to 100. @default 85 */
  readonly utilizationPercent?: number;
}

export interface UtilizationProps extends ScalingRuleProps {
  /** Share of an instance's limit that is aimed at: 1 to 100. @default 70 for concurrency, 80 for memory */
  readonly utilizationPercent?: number;
}

export interface CpuProps extends ScalingRuleProps {
  /** CPU of one instance, mean: 1 to 64,000 thousandths of a core. */
  readonly targetMillicores: number;
}

export interface DurationProps extends ScalingRuleProps {
  /** Mean time of a request that is aimed at. */
  readonly target: Duration;
}

export interface MaxPercentProps extends ScalingRuleProps {
  /** Share of requests that may time out or fail: 1 to 100. @default 1 */
  readonly maxPercent?: number;
}

export interface CustomRuleProps extends ScalingRuleProps {
  /**
   * Replicas wanted, by `function_name` (`<namespace>/<name>`). With a comparison on top (`… > sum(function_service_count) by (function_name)`), that is the alert as it stands,
   * and its left side the replicas wanted.
   */
  readonly promql: string;
}

type Metric = Omit<ScalingRuleSpec, 'functions'>;

/**
 * Says how many replicas its functions need. Several rules on a function combine by maximum; the functions' own bounds clamp.
 *
 * @example ScalingRule.requestsPerSecond(stack, 'greet-rate', { functions: [greet], target: 50 });
 */
export class ScalingRule extends Resource<'ScalingRule'> {
  /** By answered requests a second. @throws PlatformError SPEC_INVALID; STACK_INVALID when a function is rated differently already */
  static requestsPerSecond(scope: Construct, id: string, props: RequestsPerSecondProps): ScalingRule {
    checkRule(id, props, { target: true, utilizationPercent: true });
    if (!Number.isInteger(props.target) || props.target < 1 || props.target > 1_000_000) {
      throw new PlatformError(
        'SPEC_INVALID',
        `ScalingRule ${JSON.stringify(id)}: target (${JSON.stringify(props.target)}) must be a whole number of requests a second, 1 to 1000000`,
      );
    }
    const rule = new ScalingRule(scope, id, props, { requestsPerSecond: utilization('requestsPerSecond', props) });
    props.functions.forEach((fn) => fn.rate(props.target, rule.node.path));
    return rule;
  }

  /** By requests in flight and waiting, against the functions' `concurrency`. @throws PlatformError SPEC_INVALID */
  static concurrency(scope: Construct, id: string, props: UtilizationProps): ScalingRule {
    checkRule(id, props, { utilizationPercent: true });
    return new ScalingRule(scope, id, props, { concurrency: utilization('concurrency', props) });
  }

  /** By CPU used. @throws PlatformError SPEC_INVALID */
  static cpu(scope: Construct, id: string, props: CpuProps): ScalingRule {
    checkRule(id, props, { targetMillicores: true });
    return new ScalingRule(scope, id, props, { cpu: { targetMillicores: props.targetMillicores } });
  }

  /** By memory used, against the instance's limit. @throws PlatformError SPEC_INVALID */
  static memory(scope: Construct, id: string, props: UtilizationProps): ScalingRule {
    checkRule(id, props, { utilizationPercent: true });
    return new ScalingRule(scope, id, props, { memory: utilization('memory', props) });
  }

  /** By the mean time of a request. @throws PlatformError SPEC_INVALID */
  static duration(scope: Construct, id: string, props: DurationProps): ScalingRule {
    checkRule(id, props, { target: true });
    return new ScalingRule(scope, id, props, { duration: { target: durationText(`ScalingRule ${JSON.stringify(id)}: target`, props.target) } });
  }

  /** By the share of requests that time out. @throws PlatformError SPEC_INVALID */
  static timeouts(scope: Construct, id: string, props: MaxPercentProps): ScalingRule {
    checkRule(id, props, { maxPercent: true });
    return new ScalingRule(scope, id, props, { timeouts: { maxPercent: props.maxPercent ?? byDefault('timeouts', 'maxPercent') } });
  }

  /** By the share of requests that fail (5xx and 504). @throws PlatformError SPEC_INVALID */
  static failures(scope: Construct, id: string, props: MaxPercentProps): ScalingRule {
    checkRule(id, props, { maxPercent: true });
    return new ScalingRule(scope, id, props, { failures: { maxPercent: props.maxPercent ?? byDefault('failures', 'maxPercent') } });
  }

  /** By your own PromQL. @throws PlatformError PROMQL_INVALID with the place; SPEC_INVALID */
  static custom(scope: Construct, id: string, props: CustomRuleProps): ScalingRule {
    checkRule(id, props, { promql: true });
    return new ScalingRule(scope, id, props, { custom: { promql: props.promql } });
  }

  private constructor(scope: Construct, id: string, props: ScalingRuleProps, metric: Metric) {
    const spec = { functions: props.functions.map((fn) => targetName(`ScalingRule ${JSON.stringify(id)}`, fn)), ...metric };
    super(scope, id, 'ScalingRule', props.transform, () => spec);
    this.check();
    this.node.addDependency(...props.functions);
    this.node.addValidation({
      validate: () => props.functions.flatMap((fn) => [...targetProblems(this.namespace, this.node.root, fn), ...unmeasured(metric, fn)]),
    });
  }
}

/** What only a watcher measures. */
function unmeasured(metric: Metric, { runtime, node: { path } }: Function): string[] {
  const [name = ''] = Object.keys(metric);
  if (runtime !== 'container' || !['cpu', 'memory'].includes(name)) return [];
  return [`${path} is a container, whose ${name} nobody measures: scale it by requestsPerSecond, concurrency, duration or custom`];
}

function checkRule<P extends ScalingRuleProps>(id: string, props: P, own: PropNames<Omit<P, keyof ScalingRuleProps>>): void {
  const what = `ScalingRule ${JSON.stringify(id)}`;
  checkProps<ScalingRuleProps>(what, props, { functions: true, transform: true, ...own });
  if (!Array.isArray(props.functions)) throw new PlatformError('SPEC_INVALID', `${what}: functions must be a list of Functions`);
}

function utilization(metric: 'requestsPerSecond' | 'concurrency' | 'memory', props: UtilizationProps): { utilizationPercent: number } {
  return { utilizationPercent: props.utilizationPercent ?? byDefault(metric, 'utilizationPercent') };
}

function byDefault(metric: keyof Metric, field: string): number {
  return schemaDefault(scalingRuleSpec.properties[metric], field);
}
