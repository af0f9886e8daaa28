import type { IResolver } from 'cdk8s';
import type { Problem } from './problem.ts';

/** What stands for a Pulumi Output while constructs are built by a component: a DNS label. */
export const OUTPUT_TEXT = /fib-output-[0-9a-f]{8}-[0-9]{4}x/g;
/** What an Output answers to String() and JSON.stringify(). */
const COMPLAINT = /Calling \[to(String|JSON)\] on an \[Output/;
const WAY_OUT =
  'its value is known only while Pulumi runs: in a Pulumi program build the stack in `define` of a FunctionStackComponent, and write output(…) around it; in a stack file take the value from `config`';

/** Lets an Output by itself pass cdk8s, which cannot render one, so that `outputProblems` tells of it. */
export const tolerateOutputs: IResolver = {
  resolve(context) {
    if (isOutput(context.value)) context.replaceValue('Calling [toString] on an [Output]');
  },
};

/** Pulumi Outputs in an object that is to be plain text, by themselves or inside of text. */
export function outputProblems(path: string, object: unknown): Problem[] {
  return findOutputs(object, '').map((field) => ({ path, code: 'OUTPUT_UNRESOLVED', message: `${field} is a Pulumi Output; ${WAY_OUT}` }));
}

/** By Pulumi's own mark, which is the same in every copy of its SDK. */
export function isOutput(value: unknown): boolean {
  return (value as { __pulumiOutput?: unknown } | null | undefined)?.__pulumiOutput === true;
}

function findOutputs(value: unknown, at: string): string[] {
  if (typeof value === 'string') return value.includes('Calling [to') && COMPLAINT.test(value) ? [at] : [];
  if (isOutput(value)) return [at];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => findOutputs(member, Array.isArray(value) ? `${at}[${key}]` : at === '' ? key : `${at}.${key}`));
}
