import Type, { type Static } from 'typebox';
import { FUNCTION_ACCOUNT, WORKLOADS_CONFIG } from './cluster-names.ts';
import { PlatformError } from './errors.ts';
import { isRecord } from './record.ts';
import { NODE_LABELS } from './names.ts';
import { closed, name, oneOf, size, text } from './schema/fields.ts';
import { LABEL_KEY } from './schema/metadata.ts';
import { schemaIssues } from './schema/validate.ts';

/** A Kubernetes CPU quantity: `50m`, `1`, `0.5`. */
const cpu = (docs: { description: string }) => Type.String({ pattern: '^([1-9][0-9]{0,5}m|[0-9]{1,3}(\\.[0-9]{1,3})?)$', maxLength: 8, ...docs });
const image = (runtime: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 512, description: `Image of the ${runtime} watcher; absent: none.` }));

const schema = closed(
  {
    images: closed({ nodejs: image('Node.js'), python: image('Python'), java: image('Java'), go: image('Go') }, { description: 'By runtime.' }),
    pullPolicy: oneOf(['Always', 'IfNotPresent', 'Never'], { description: 'When nodes pull.' }),
    pullSecrets: Type.Array(text(253, { description: 'Name of a Secret in the function namespaces.' }), { maxItems: 16, description: 'For the registry.' }),
    serviceAccount: name({ description: 'That pods run as; its token is not mounted.' }),
    cpuRequest: cpu({ description: 'Processor time that a node sets aside for an instance.' }),
    cpuLimit: cpu({ description: 'Processor time of an instance at the most.' }),
    scratch: size({ description: 'What an instance may write to its disk.' }),
    rackLabel: Type.String({ pattern: LABEL_KEY, maxLength: 317, description: 'Label of nodes that names their rack.' }),
  },
  { description: '`workloads.json`: what the platform says of the pods that functions run in.' },
);

/** What the platform says of the pods that functions run in: the key `workloads.json` of the ConfigMap that the scaler mounts. */
export type Workloads = Static<typeof schema>;

const DEFAULTS = {
  pullPolicy: 'IfNotPresent',
  pullSecrets: [],
  serviceAccount: FUNCTION_ACCOUNT,
  cpuRequest: '50m',
  cpuLimit: '1',
  scratch: '256Mi',
  rackLabel: NODE_LABELS.rack,
} as const satisfies Partial<Workloads>;

/** With the defaults for what is absent. @throws PlatformError CONFIG_INVALID naming every field at fault; `source` is where the text came from */
export function parseWorkloads(json: string, source = WORKLOADS_CONFIG.key): Workloads {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new PlatformError('CONFIG_INVALID', `${source} is no JSON: ${(cause as Error).message}`, { cause, details: { source } });
  }
  const whole = isRecord(value) ? { ...DEFAULTS, ...value } : value;
  const issues = schemaIssues(schema, whole);
  if (issues.length === 0) return whole as Workloads;
  const lines = issues.map(({ path, message }) => `  ${path}: ${message}`).join('\n');
  throw new PlatformError('CONFIG_INVALID', `${source} is not valid:\n${lines}`, { details: { source, issues } });
}
