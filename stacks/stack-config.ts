import Type, { type Static } from 'typebox';
import { platformSchema } from '../constructs/platform/platform-schema.ts';
import { PlatformError } from '../protocol/errors.ts';
import { closed, name, text } from '../protocol/schema/fields.ts';
import { type Issue, schemaIssues } from '../protocol/schema/validate.ts';

const optional = Type.Optional;
const DEFAULT_STACK = 'examples/cluster/stack.ts';

/** What `pulumi config set` may say of this project; `Pulumi.yaml` declares the same keys. */
export const stackConfigSchema = closed(
  {
    stack: text(4096, { description: 'Stack file, from the folder of Pulumi.yaml.', default: DEFAULT_STACK }),
    env: optional(text(128, { description: 'Environment that the stack is told; the name of the Pulumi stack unless given.' })),
    namespace: optional(name({ description: 'Namespace of the stacks that name none.' })),
    registry: optional(platformSchema.properties.images.properties.registry),
    kubeconfig: optional(Type.String({ minLength: 1, description: 'Path or content of a kubeconfig; that of kubectl unless given.' })),
    context: optional(text(512, { description: 'Context of the kubeconfig; its current one unless given.' })),
    wait: Type.Boolean({ description: 'Whether functions are awaited until they serve.', default: true }),
  },
  { description: 'Config of the Pulumi project.' },
);

export type StackConfig = Static<typeof stackConfigSchema> & {
  /** What the stack file gets in `config`: the registry, and every key that is not one of ours. */
  readonly values: Readonly<Record<string, string>>;
};

export interface ConfigSource {
  readonly project: string;
  /** Name of the Pulumi stack. */
  readonly stack: string;
  /** All config of the Pulumi stack, by `<namespace>:<key>`, as text. */
  readonly all: Readonly<Record<string, string>>;
  readonly isSecret: (key: string) => boolean;
}

/**
 * The config of a Pulumi stack, typed and with every default.
 * @throws PlatformError CONFIG_INVALID with file, key and value of each issue; SECRET_IN_CLEAR for a secret that would reach the stack as plain text
 */
export function parseStackConfig({ project, stack, all, isSecret }: ConfigSource): StackConfig {
  const file = `Pulumi.${stack}.yaml`;
  const own = Object.entries(all)
    .filter(([key, value]) => key.startsWith(`${project}:`) && value !== '')
    .map(([key, value]): [string, string] => [key.slice(project.length + 1), value]);
  const known = Object.fromEntries(own.filter(([key]) => Object.hasOwn(stackConfigSchema.properties, key)));
  const others = own.filter(([key]) => !Object.hasOwn(stackConfigSchema.properties, key));
  const secret = others.find(([key]) => isSecret(`${project}:${key}`));
  if (secret) {
    throw new PlatformError(
      'SECRET_IN_CLEAR',
      `${file}: ${project}:${secret[0]} is a secret, and a stack file’s \`config\` goes into manifests in clear: put it into a Secret of the cluster, or use a FunctionStackComponent`,
    );
  }
  const given = { stack: DEFAULT_STACK, ...known, wait: booleanOf(known['wait'] ?? 'true') };
  const issues: Issue[] = schemaIssues(stackConfigSchema, given);
  if (issues.length > 0) {
    const lines = issues.map(({ path, message }) => `${file}: ${project}:${path}: ${message}; correct it with \`pulumi config set ${path} <value>\``);
    throw new PlatformError('CONFIG_INVALID', lines.join('\n'), { details: { file, issues } });
  }
  const typed = given as Static<typeof stackConfigSchema>;
  const registry = typed.registry === undefined ? [] : [['registry', typed.registry] as const];
  return { ...typed, values: Object.fromEntries([...registry, ...others]) };
}

function booleanOf(value: string): unknown {
  return value === 'true' || value === 'false' ? value === 'true' : value;
}
