import Type, { type Static } from 'typebox';
import { closed, integer, text } from './fields.ts';
import type { FunctionSpec } from './function.ts';
import { type Rule, rule } from './kind.ts';

/** A reference of an image: a repository, with a tag or a digest. It never looks like an option of a program that it is given to. */
const IMAGE_PATTERN = '^[A-Za-z0-9]([A-Za-z0-9._:/@-]*[A-Za-z0-9])?$';

const words = (docs: { description: string }) => Type.Array(text(4096, { description: 'One word, taken literally.' }), { minItems: 1, maxItems: 64, ...docs });

/** A container that takes HTTP/1.1 requests on a port, as it is, without a watcher. */
export const container = closed(
  {
    image: Type.String({ pattern: IMAGE_PATTERN, maxLength: 512, description: 'Image by tag or, better, by digest: a tag that moves starts nothing anew.' }),
    port: integer(1, 65_535, { description: 'Port that it listens on, also told to it as `PORT`.', default: 8080 }),
    command: Type.Optional(words({ description: 'In place of the image’s entrypoint.' })),
    args: Type.Optional(words({ description: 'In place of the image’s arguments.' })),
  },
  { description: 'An image that listens on a port by itself, for runtime `container`.' },
);

export type Container = Static<typeof container>;

/** What goes with a container, and what with code. */
export const containerRules: readonly Rule[] = [
  rule<FunctionSpec>({
    path: ['spec'],
    cel: "has(self.container) == (self.runtime == 'container')",
    message: 'container is required for runtime container and refused for every other',
    check: (s) => (s.container !== undefined) === isContainer(s),
  }),
  rule<FunctionSpec>({
    path: ['spec'],
    cel: "has(self.handler) == (self.runtime != 'container') && has(self.package) == (self.runtime != 'container')",
    message: 'handler and package are required for a language runtime and refused for runtime container',
    check: (s) => (s.handler !== undefined) !== isContainer(s) && (s.package !== undefined) !== isContainer(s),
  }),
  rule<FunctionSpec>({
    path: ['spec'],
    cel: "self.runtime != 'container' || !has(self.signature) && !has(self.mode)",
    message: 'signature and mode are refused for runtime container, which has no handler',
    check: (s) => !isContainer(s) || (s.signature === undefined && s.mode === undefined),
  }),
  rule<FunctionSpec>({
    path: ['spec'],
    cel: "self.runtime != 'container' || self.deployment.type == 'cold'",
    message:
      'deployment hot is refused for runtime container: what waits in a pod pool is a watcher that takes code, and a container is its own code; write cold',
    check: (s) => !isContainer(s) || s.deployment.type === 'cold',
  }),
  rule<FunctionSpec>({
    path: ['spec'],
    cel: "self.runtime != 'container' || !('PORT' in self.env) && self.secrets.all(s, s.env != 'PORT')",
    message: 'the variable PORT is refused for runtime container: it is container.port',
    check: (s) => !isContainer(s) || (!Object.hasOwn(s.env, 'PORT') && s.secrets.every(({ env }) => env !== 'PORT')),
  }),
];

function isContainer({ runtime }: FunctionSpec): boolean {
  return runtime === 'container';
}
