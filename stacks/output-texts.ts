import { createHash } from 'node:crypto';
import * as pulumi from '@pulumi/pulumi';
import { PlatformError } from '../protocol/errors.ts';
import { OUTPUT_TEXT } from '../constructs/synth/output-problems.ts';

/**
 * Text that stands for Outputs while constructs are built, as they take plain text, and is replaced as the objects are registered.
 * It is a valid DNS label, so that it passes where a name or host is asked for; and the same in every run, so that nothing made of it changes by itself.
 */
export class OutputTexts {
  readonly #mark: string;
  readonly #byText = new Map<string, pulumi.Output<string>>();
  readonly #byOutput = new Map<pulumi.Input<string>, string>();

  /** @param owner the component's name */
  constructor(owner: string) {
    this.#mark = createHash('sha256').update(owner).digest('hex').slice(0, 8);
  }

  /** The text that stands for the Output, also inside of longer text; plain text stays as it is. */
  textOf = (value: pulumi.Input<string>): string => {
    if (typeof value === 'string') return value;
    const known = this.#byOutput.get(value);
    if (known !== undefined) return known;
    const text = `fib-output-${this.#mark}-${String(this.#byText.size).padStart(4, '0')}x`;
    this.#byText.set(text, pulumi.output(value));
    this.#byOutput.set(value, text);
    return text;
  };

  /** Plain data with a text in the place of each Output; what has a class of its own is left alone. */
  replaceIn<T>(value: T): unknown {
    if (pulumi.Output.isInstance(value)) return this.textOf(value as unknown as pulumi.Output<string>);
    if (Array.isArray(value)) return value.map((item) => this.replaceIn(item));
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.replaceIn(member)]));
  }

  /** Whether bytes hold one of the texts. */
  isIn(bytes: Uint8Array): boolean {
    return Buffer.from(bytes).includes(`fib-output-${this.#mark}-`);
  }

  /** The Outputs that a text holds, by what stands for them. @throws PlatformError OUTPUT_UNRESOLVED for those of another component */
  outputsIn(text: string, where: string): ReadonlyMap<string, pulumi.Output<string>> {
    const found = text.match(OUTPUT_TEXT) ?? [];
    return new Map(
      found.map((one) => {
        const output = this.#byText.get(one);
        if (output) return [one, output];
        throw new PlatformError(
          'OUTPUT_UNRESOLVED',
          `${where}: the Output was given to another component; call its \`output\` for each component that uses it`,
        );
      }),
    );
  }
}
