import { OUTPUT_TEXT } from '../constructs/synth/output-problems.ts';
import type { SynthResult } from '../constructs/synth/object.ts';
import { isPlatformError, type Problem } from '../constructs/synth/problem.ts';
import { PlatformError } from '../protocol/errors.ts';

const WAY_OUT = 'its value must be known while the program runs: give plain text, from `pulumi.Config` or with `await stackReference.getOutputValue(…)`';

/** Names and namespaces that are Outputs: by them resources are known to Pulumi, and objects to each other, before any value is. Pure. */
export function outputNameProblems({ objects }: Pick<SynthResult, 'objects'>): Problem[] {
  return objects.flatMap(({ path, object: { kind, metadata } }) =>
    (['name', 'namespace'] as const)
      .filter((field) => holdsOutput(metadata[field]))
      .map((field) => ({ path, code: 'OUTPUT_UNRESOLVED' as const, message: `the ${field} of this ${kind} is an Output; ${WAY_OUT}` })),
  );
}

/** What is wrong with a field, said of the Output where the text that stands for one is no CIDR, URL or the like. */
export function explainOutputs(error: unknown): unknown {
  if (!isPlatformError(error) || !holdsOutput(error.message)) return error;
  const message = `${error.message.replaceAll(WRITTEN, 'an Output')}\nAn Output does not do there: ${WAY_OUT}`;
  return new PlatformError('OUTPUT_UNRESOLVED', message, { cause: error });
}

const WRITTEN = new RegExp(`"(?:${OUTPUT_TEXT.source})"|${OUTPUT_TEXT.source}`, 'g');

function holdsOutput(text: string | undefined): boolean {
  return text !== undefined && text.search(OUTPUT_TEXT) >= 0;
}
