import { PlatformError } from '../protocol/errors.ts';
import { formatSize } from '../protocol/size.ts';

/** A number of bytes: a positive multiple of 1 KiB. */
export class Size {
  /** 1,024 bytes each. @throws PlatformError SPEC_INVALID unless it comes to a positive multiple of 1 KiB */
  static kibibytes(amount: number): Size {
    return new Size(amount * 1024);
  }

  /** 1,024 KiB each. @throws PlatformError SPEC_INVALID unless it comes to a positive multiple of 1 KiB */
  static mebibytes(amount: number): Size {
    return new Size(amount * 1024 ** 2);
  }

  /** 1,024 MiB each. @throws PlatformError SPEC_INVALID unless it comes to a positive multiple of 1 KiB */
  static gibibytes(amount: number): Size {
    return new Size(amount * 1024 ** 3);
  }

  readonly #text: string;

  private constructor(bytes: number) {
    this.#text = formatSize(bytes);
  }

  /** As specs write it: `512Ki`, `256Mi`, `1Gi`. */
  toString(): string {
    return this.#text;
  }
}

/** The text of a prop, or its default. @throws PlatformError SPEC_INVALID for what is no Size */
export function sizeText(name: string, value: Size | undefined, fallback: string): string {
  if (value === undefined) return fallback;
  if (value instanceof Size) return value.toString();
  throw new PlatformError('SPEC_INVALID', `${name} (${JSON.stringify(value)}) must be a Size, such as Size.mebibytes(256)`);
}
