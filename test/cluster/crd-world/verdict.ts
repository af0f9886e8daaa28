import { type KubernetesClient, KubernetesError } from '../../../kit/kubernetes/client.ts';
import { kindPath } from '../../../kit/store/kubernetes-object.ts';
import { type AnyResource, KINDS, type KindName } from '../../../protocol/schema/resources.ts';
import { type Issue, resourceIssues } from '../../../protocol/schema/validate.ts';

/** What is wrong with an object: `path: text` for a rule across fields, `path` for all else. Empty = valid. */
export type Verdict = readonly string[];

/** What the API server says of creating it, or of putting it in place of the one that is there. */
export async function serverVerdict(client: KubernetesClient, object: object, kind: KindName, replace = false): Promise<Verdict> {
  const { name, namespace } = (object as AnyResource).metadata;
  const path = kindPath(kind, { namespace, ...(replace && { name }) });
  try {
    await client.request(replace ? 'PUT' : 'POST', path, { query: { dryRun: 'All', fieldValidation: 'Strict' }, body: object });
    return [];
  } catch (error) {
    if (!(error instanceof KubernetesError) || (error.status !== 422 && error.status !== 400)) throw error;
    return normal(error.status === 400 ? unknownFields(error.message) : causes(error.body));
  }
}

/** What our own processes and tools say. */
export function ownVerdict(object: object, kind: KindName, old?: AnyResource): Verdict {
  return normal(resourceIssues(object, old).map((issue) => (isRule(kind, object, issue) ? `${issue.path}: ${issue.message}` : issue.path)));
}

interface Cause {
  readonly reason: string;
  readonly field: string;
  readonly message: string;
}

function causes(body: unknown): string[] {
  const { details } = body as { details?: { causes?: Cause[] } };
  // The scale subresource says again, with a dot in front, what is wrong with its field.
  const all = (details?.causes ?? []).filter(({ message, field }) => !message.includes('some validation rules were not checked') && !field.startsWith('.'));
  const rules = all.filter(({ message, field }) => ruleText(message) !== undefined && !field.startsWith('metadata'));
  const others = all.filter((cause) => !rules.includes(cause));
  // We look at rules only where each field is right by itself.
  if (others.length > 0) return others.map(({ field }) => field);
  return rules.map(({ field, message }) => `${field}: ${ruleText(message)}`);
}

/** The text of a rule: the API server writes it after the type of the value. */
function ruleText(message: string): string | undefined {
  return /^Invalid value: (?:"object"|"array"|\{.*\}|\[.*\]): (?!.* in body )(.*)$/s.exec(message)?.[1];
}

function unknownFields(message: string): string[] {
  const fields = [...message.matchAll(/unknown field "([^"]+)"/g)].map(([, field = '']) => field);
  return fields.length > 0 ? fields : [message];
}

/** Whether a text is that of a rule with this very value, or of the names in a map. */
function isRule(kind: KindName, object: object, { path, message }: Issue): boolean {
  if (message.startsWith('the name ')) return !path.startsWith('metadata');
  return KINDS[kind].rules.some((rule) => {
    if (rule.path.join('.') !== path) return false;
    const value = rule.path.reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], object);
    if (value === null || typeof value !== 'object') return false;
    return message === (typeof rule.message === 'string' ? rule.message : rule.message(value as never));
  });
}

function normal(verdict: readonly string[]): Verdict {
  return [...new Set(verdict)].sort();
}
