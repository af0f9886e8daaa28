import Type from 'typebox';
import { PlatformError } from '../protocol/errors.ts';
import { closed, integer, size } from '../protocol/schema/fields.ts';
import { type Issue, schemaIssues } from '../protocol/schema/validate.ts';
import { parseSize } from '../protocol/size.ts';
import { Size } from './size.ts';

/** What everything in the stack's namespace may take together: a ResourceQuota. */
export interface StackQuota {
  /** Pods: those of pools and functions, waiting, serving and ending, and all others of the namespace. 1 to 100,000. @default - any number */
  readonly pods?: number;
  /** Processor time that nodes set aside, as `500m` or `20`: an instance takes the Platform's `functions.cpuRequest`. @default - any */
  readonly cpuRequests?: string;
  /** Processor time at the most: an instance takes the Platform's `functions.cpuLimit`. @default - any */
  readonly cpuLimits?: string;
  /** Memory, set aside and at the most. @default - any */
  readonly memory?: Size;
}

/** What one container in the stack's namespace may take: a LimitRange. */
export interface StackLimits {
  /** Memory of one container at the most; pools and functions that want more are refused at synthesis. @default - any */
  readonly maxMemory?: Size;
  /** Processor time of one container at the most, as `500m` or `2`; not below the `functions.cpuLimit` of the app's Platform. @default - any */
  readonly maxCpu?: string;
  /** Memory of containers that say nothing of it, set aside and at the most; not above `maxMemory`. Instances of functions say it always. @default - that of `maxMemory` */
  readonly defaultMemory?: Size;
  /** Processor time of containers that say nothing of it, set aside and at the most; not above `maxCpu`. @default - that of `maxCpu` */
  readonly defaultCpu?: string;
}

/** Both, as Kubernetes writes them. */
export interface NamespaceLimits {
  /** `spec.hard` of the ResourceQuota. */
  readonly hard?: Readonly<Record<string, string>>;
  /** The one member of `spec.limits` of the LimitRange. */
  readonly container?: Readonly<Record<string, unknown>>;
  /** Of one container, as `256Mi`. */
  readonly maxMemory?: string;
  /** Of one container, as `500m`. */
  readonly maxCpu?: string;
}

interface Limited {
  readonly quota?: StackQuota | undefined;
  readonly limits?: StackLimits | undefined;
}

const cpu = Type.Optional(Type.String({ pattern: '^([1-9][0-9]{0,8}m|[1-9][0-9]{0,5}([.][0-9]{1,3})?|0[.][0-9]{1,3})$', maxLength: 10 }));
const memory = Type.Optional(size({ description: 'Memory.' }));
const docs = (description: string) => ({ description });
const schema = closed(
  {
    quota: Type.Optional(closed({ pods: Type.Optional(integer(1, 100_000, docs('Pods.'))), cpuRequests: cpu, cpuLimits: cpu, memory }, docs('A quota.'))),
    limits: Type.Optional(closed({ maxMemory: memory, maxCpu: cpu, defaultMemory: memory, defaultCpu: cpu }, docs('Limits.'))),
  },
  docs('Limits of a namespace.'),
);

/** @throws PlatformError SPEC_INVALID with every issue */
export function renderNamespaceLimits(what: string, { quota, limits }: Limited): NamespaceLimits {
  const plain = { ...(quota !== undefined && { quota: withTexts(quota) }), ...(limits !== undefined && { limits: withTexts(limits) }) };
  const wrong = schemaIssues(schema, plain);
  const issues = wrong.length > 0 ? wrong : defaultIssues(limits ?? {});
  if (issues.length > 0) {
    const lines = issues.map(({ path, message }) => `${path}: ${message}`).join('\n  ');
    throw new PlatformError('SPEC_INVALID', `${what} is not valid:\n  ${lines}`, { details: { issues } });
  }
  return {
    ...(quota && Object.keys(quota).length > 0 && { hard: hardLimits(quota) }),
    ...(limits && Object.keys(limits).length > 0 && { container: containerLimits(limits) }),
    ...(limits?.maxMemory && { maxMemory: limits.maxMemory.toString() }),
    ...(limits?.maxCpu !== undefined && { maxCpu: limits.maxCpu }),
  };
}

/** Thousandths of a processor, of a quantity as `500m` or `0.5`. */
export function millicores(quantity: string): number {
  return Math.round(quantity.endsWith('m') ? Number(quantity.slice(0, -1)) : Number(quantity) * 1000);
}

/** The API server takes no default above the maximum. */
function defaultIssues({ maxCpu, maxMemory, defaultCpu, defaultMemory }: StackLimits): Issue[] {
  const memoryIsAbove = maxMemory && defaultMemory && parseSize(defaultMemory.toString()) > parseSize(maxMemory.toString());
  const cpuIsAbove = maxCpu !== undefined && defaultCpu !== undefined && millicores(defaultCpu) > millicores(maxCpu);
  const issue = (name: string, value: unknown, max: string, most: unknown): Issue => ({
    path: `limits.${name}`,
    message: `${String(value)} is above limits.${max}, ${String(most)}; lower it or raise ${max}`,
  });
  return [
    ...(memoryIsAbove ? [issue('defaultMemory', defaultMemory, 'maxMemory', maxMemory)] : []),
    ...(cpuIsAbove ? [issue('defaultCpu', defaultCpu, 'maxCpu', maxCpu)] : []),
  ];
}

function withTexts(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]: [string, unknown]) => [name, member instanceof Size ? member.toString() : member]));
}

function hardLimits({ pods, cpuRequests, cpuLimits, memory: bytes }: StackQuota): Record<string, string> {
  return texts({ pods, 'requests.cpu': cpuRequests, 'limits.cpu': cpuLimits, 'requests.memory': bytes, 'limits.memory': bytes });
}

/** A LimitRange's default is also what is set aside where nothing else is said (Kubernetes, "Limit Ranges"); both are written, as the API server would. */
function containerLimits({ maxCpu, maxMemory, defaultCpu = maxCpu, defaultMemory = maxMemory }: StackLimits): Record<string, unknown> {
  const max = texts({ cpu: maxCpu, memory: maxMemory });
  const byDefault = texts({ cpu: defaultCpu, memory: defaultMemory });
  return { type: 'Container', ...filled({ max, default: byDefault, defaultRequest: byDefault }) };
}

function filled(members: Readonly<Record<string, object>>): Record<string, object> {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => Object.keys(member).length > 0));
}

function texts(values: Readonly<Record<string, Size | string | number | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])));
}
