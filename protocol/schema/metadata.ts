import Type from 'typebox';
import { closed, integer, name, NAME_PATTERN, text } from './fields.ts';

const NAME_PART = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
export const LABEL_KEY = qualifiedName('a-z0-9');
const ANNOTATION_KEY = qualifiedName('A-Za-z0-9');
export const LABEL_VALUE = `^(${NAME_PART})?$`;

/** Bytes of all annotations of an object, names and values. */
export const MAX_ANNOTATION_BYTES = 262_144;

/** The part of Kubernetes' ObjectMeta that we write and read (Kubernetes, "Object Names and IDs", "Labels and Selectors"). */
export const metadataSchema = closed(
  {
    name: Type.String({ pattern: NAME_PATTERN, minLength: 1, maxLength: 253, description: 'Unique in kind and namespace; without dots.' }),
    namespace: name({ description: 'The namespace.' }),
    labels: Type.Optional(
      Type.Record(Type.String({ pattern: LABEL_KEY }), Type.String({ pattern: LABEL_VALUE, maxLength: 63 }), {
        additionalProperties: false,
        description: 'For selecting.',
      }),
    ),
    annotations: Type.Optional(
      Type.Record(Type.String({ pattern: ANNOTATION_KEY }), text(MAX_ANNOTATION_BYTES, { description: 'Anything.' }), {
        additionalProperties: false,
        description: 'For people and tools.',
      }),
    ),
    uid: Type.Optional(text(64, { description: 'Set by the store.' })),
    generation: Type.Optional(integer(0, Number.MAX_SAFE_INTEGER, { description: 'Set by the store.' })),
    resourceVersion: Type.Optional(text(64, { description: 'Set by the store.' })),
    creationTimestamp: Type.Optional(text(32, { description: 'Set by the store.' })),
  },
  { description: 'Name, namespace, labels and annotations.' },
);

/** `<dns name>/<name>` or `<name>`, by the characters of the dns name. */
function qualifiedName(characters: string): string {
  const label = `[${characters}]([-${characters}]*[${characters}])?`;
  return `^(${label}([.]${label})*/)?${NAME_PART}$`;
}
