import Type from 'typebox';
import { DIGEST_PATTERN } from '../digest.ts';
import { DURATION_PATTERN } from '../duration.ts';
import { SIZE_PATTERN } from '../size.ts';

/** Field types that several kinds share. Every one is bounded. */

/** RFC 1123 label: what Kubernetes takes as the name of a Service. */
export const NAME_PATTERN = '^[a-z]([-a-z0-9]*[a-z0-9])?$';
export const ENV_NAME_PATTERN = '^[A-Za-z_][A-Za-z0-9_]*$';

export const RUNTIMES = ['nodejs', 'python', 'java', 'go'] as const;
export type Runtime = (typeof RUNTIMES)[number];

/** Of functions: a language whose watcher runs code, or `container`: an image that listens on a port by itself. */
export const FUNCTION_RUNTIMES = [...RUNTIMES, 'container'] as const;
export type FunctionRuntime = (typeof FUNCTION_RUNTIMES)[number];

interface Docs {
  readonly description: string;
  readonly default?: unknown;
}

export const name = (docs: Docs) => Type.String({ pattern: NAME_PATTERN, minLength: 1, maxLength: 63, ...docs });
export const duration = (docs: Docs) => Type.String({ pattern: DURATION_PATTERN, maxLength: 12, ...docs });
export const size = (docs: Docs) => Type.String({ pattern: SIZE_PATTERN, maxLength: 9, ...docs });
export const digest = (docs: Docs) => Type.String({ pattern: DIGEST_PATTERN, maxLength: 71, ...docs });
export const integer = (minimum: number, maximum: number, docs: Docs) => Type.Integer({ minimum, maximum, ...docs });
export const text = (maxLength: number, docs: Docs) => Type.String({ maxLength, ...docs });
export const oneOf = <const T extends string[]>(values: readonly [...T], docs: Docs) => Type.Enum(values as unknown as [...T], { type: 'string', ...docs });

/** An object that refuses unknown fields. */
export function closed<T extends Parameters<typeof Type.Object>[0]>(properties: T, docs: Docs) {
  return Type.Object(properties, { additionalProperties: false, ...docs });
}

/** A standard Kubernetes condition, as in `metav1.Condition`. */
export const conditions = Type.Array(
  closed(
    {
      type: text(64, { description: 'What is judged, such as Ready or Accepted.' }),
      status: oneOf(['True', 'False', 'Unknown'], { description: 'The verdict.' }),
      reason: text(128, { description: 'One CamelCase word for machines.' }),
      message: text(4096, { description: 'A sentence for people.' }),
      observedGeneration: integer(0, Number.MAX_SAFE_INTEGER, { description: 'The generation that was judged.' }),
      lastTransitionTime: text(32, { description: 'RFC 3339.' }),
    },
    { description: 'One condition.' },
  ),
  { maxItems: 16, description: 'What is known of the object.' },
);
