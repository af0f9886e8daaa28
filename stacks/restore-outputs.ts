import * as pulumi from '@pulumi/pulumi';
import { OUTPUT_TEXT } from '../constructs/synth/output-problems.ts';
import { PlatformError } from '../protocol/errors.ts';
import type { OutputTexts } from './output-texts.ts';

/** Where a value stands, for messages, and whether a secret may. */
export interface Place {
  /** Id of the object, then the path in it. */
  readonly where: string;
  readonly secrets: boolean;
}

/**
 * The value with Outputs in the place of the texts that stand for them; what holds none stays plain, so that an unknown Output makes unknown only the field that it is in.
 * Secret Outputs stay secret. Where no secret may be, one is an error as the object is registered.
 * @throws PlatformError OUTPUT_UNRESOLVED for a text of another component, or one in the name of a field
 */
export function restoreOutputs(value: unknown, texts: OutputTexts, place: Place): unknown {
  if (typeof value === 'string') return restoreText(value, texts, place);
  if (Array.isArray(value)) return value.map((item, index) => restoreOutputs(item, texts, { ...place, where: `${place.where}[${index}]` }));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => {
        if (key.search(OUTPUT_TEXT) >= 0)
          throw new PlatformError('OUTPUT_UNRESOLVED', `${place.where}: an Output is the name of a field; names must be known when the stack is built`);
        return [key, restoreOutputs(member, texts, { ...place, where: `${place.where}.${key}` })];
      }),
  );
}

function restoreText(text: string, texts: OutputTexts, place: Place): unknown {
  const outputs = [...texts.outputsIn(text, place.where)];
  if (outputs.length === 0) return text;
  const checks = place.secrets ? [] : outputs.map(([, output]) => refuseSecret(output, place));
  return pulumi
    .all([pulumi.all(checks), pulumi.all(outputs.map(([, output]) => output))])
    .apply(([, values]) => values.reduce((filled, value, index) => filled.replaceAll(outputs[index]?.[0] ?? '', () => String(value)), text));
}

/** Fails at preview, too, where the value itself is not known yet. */
function refuseSecret(output: pulumi.Output<string>, { where }: Place): Promise<void> {
  return pulumi.isSecret(output).then((secret) => {
    if (secret)
      throw new pulumi.RunError(
        `SECRET_IN_CLEAR: ${where} would hold a secret Output in clear: put it into a Secret of the stack, and name that with addSecret(…, Secret.fromName(…))`,
      );
  });
}
