import { PlatformError } from '../protocol/errors.ts';
import { checkProps, type PropNames } from './props.ts';

export interface SecretOptions {
  /** The key in the Secret. */
  readonly key: string;
}

const OPTIONS: PropNames<SecretOptions> = { key: true };

/** One value of a Kubernetes Secret that exists already. On a laptop it is the line `<NAME>__<KEY>=value` of `.env` beside the stack, in upper case, `-` and `.` as `_`. */
export class Secret {
  /**
   * @example Secret.fromName('stripe', { key: 'api-key' }) // locally STRIPE__API_KEY=…
   * @throws PlatformError SPEC_INVALID for an unknown option or an empty key
   */
  static fromName(name: string, options: SecretOptions): Secret {
    checkProps(`Secret.fromName(${JSON.stringify(name)})`, options, OPTIONS);
    if (!options.key) throw new PlatformError('SPEC_INVALID', `Secret.fromName(${JSON.stringify(name)}) needs a key: { key: 'password' }`);
    return new Secret(name, options.key);
  }

  readonly name: string;
  readonly key: string;

  private constructor(name: string, key: string) {
    this.name = name;
    this.key = key;
  }
}
