import { PlatformError } from '../protocol/errors.ts';
import { API_GROUP, LABELS } from '../protocol/names.ts';
import { metadataSchema } from '../protocol/schema/metadata.ts';
import { type Issue, schemaIssues, show } from '../protocol/schema/validate.ts';

/** Labels and annotations of everything in a stack. */
export interface StackMetadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** @throws PlatformError SPEC_INVALID for what Kubernetes would refuse, and for names that are ours */
export function checkStackMetadata(what: string, { labels = {}, annotations = {} }: Partial<StackMetadata>): StackMetadata {
  const { properties } = metadataSchema;
  const issues = [
    ...schemaIssues(properties.labels, labels, 'labels'),
    ...schemaIssues(properties.annotations, annotations, 'annotations'),
    ...ownIssues(labels, 'labels'),
    ...ownIssues(annotations, 'annotations'),
  ];
  if (issues.length === 0) return { labels, annotations };
  const lines = issues.map(({ path, message }) => `${path}: ${message}`).join('\n  ');
  throw new PlatformError('SPEC_INVALID', `${what} is not valid:\n  ${lines}`, { details: { issues } });
}

function ownIssues(map: object, path: string): Issue[] {
  return Object.keys(map)
    .filter((name) => name === LABELS.managedBy || name.startsWith(`${API_GROUP}/`))
    .map((name) => ({ path, message: `${show(name)} is the platform's own; give yours another name, such as one of your own domain` }));
}
