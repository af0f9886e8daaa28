import Type from 'typebox';
import { closed, integer, name, NAME_PATTERN, text } from './fields.ts';

const LABEL_KEY = '^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$';
const LABEL_VALUE = '^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$';

/** The part of Kubernetes' ObjectMeta that we write and read (Kubernetes, "Object Names and IDs", "Labels and Selectors"). */
export const metadataSchema = closed(
  {
    name: Type.String({ pattern: NAME_PATTERN, minLength: 1, maxLength: 253, description: 'Unique in kind and namespace; without dots.' }),
    namespace: name({ description: 'The namespace.' }),
    labels: Type.Optional(
      Type.Record(Type.String({ pattern: LABEL_KEY }), Type.String({ pattern: LABEL_VALUE, maxLength: 63 }), {
        additionalProperties: false,
        maxProperties: 64,
        description: 'For selecting.',
      }),
    ),
    annotations: Type.Optional(
      Type.Record(Type.String({ pattern: LABEL_KEY }), text(65_536, { description: 'Anything.' }), {
        additionalProperties: false,
        maxProperties: 64,
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
