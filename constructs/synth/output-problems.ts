import type { Problem } from './problem.ts';

/** What stands for a Pulumi Output while constructs are built: a DNS label. */
export const OUTPUT_TEXT = /fib-output-[0-9a-f]{8}-[0-9]{4}x/g;
/** What an Output answers to String() and JSON.stringify(). */
const OUTPUT_COMPLAINT = /Calling \[to(String|JSON)\] on an \[Output/;
const WAY_OUT =
  'a value is known only while Pulumi runs: in a Pulumi program give it through a FunctionStackComponent, whose `define` gets `output(…)`; in a stack file use `config`';

/** Pulumi Outputs in an object that is to be plain text, by themselves or in a text. */
export function outputProblems(path: string, object: unknown): Problem[] {
  return findOutputs(object, '').map((field) => ({ path, code: 'OUTPUT_UNRESOLVED', message: `${field} is a Pulumi Output; ${WAY_OUT}` }));
}

function findOutputs(value: unknown, at: string): string[] {
  if (typeof value === 'string') return value.includes('Calling [to') && OUTPUT_COMPLAINT.test(value) ? [at] : [];
  if (typeof value === 'function') return isOutput(value) ? [at] : [];
  if (typeof value !== 'object' || value === null) return [];
  if (isOutput(value)) return [at];
  return Object.entries(value).flatMap(([key, member]) => findOutputs(member, Array.isArray(value) ? `${at}[${key}]` : at === '' ? key : `${at}.${key}`));
}

/** Pulumi's own mark, which outlasts two copies of its SDK. */
function isOutput(value: object): boolean {
  return (value as { __pulumiOutput?: unknown }).__pulumiOutput === true;
}
