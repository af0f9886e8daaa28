import { PlatformError } from '../../protocol/errors.ts';
import type { Runtime } from '../../protocol/schema/fields.ts';
import type { FunctionSpec } from '../../protocol/schema/function.ts';

/** How a template's function is called in one language. */
interface Entry {
  readonly handler: string;
  /** @default - that of functions, `event` */
  readonly signature?: NonNullable<FunctionSpec['signature']>;
}

/** What `fib init --template` begins with. `../templates/<name>/` holds its files, those of one language in the folder of the runtime's name. */
export interface Template {
  readonly what: string;
  readonly runtimes: Readonly<Partial<Record<Runtime, Entry>>>;
}

const SCRIPTS = { nodejs: { handler: 'index.handler' }, python: { handler: 'main.handler' } };

export const TEMPLATES: Readonly<Record<string, Template>> = {
  http: {
    what: 'a function behind a URL',
    runtimes: {
      ...SCRIPTS,
      go: { handler: 'hello.Handler', signature: 'http' },
      java: { handler: 'Hello.handle' },
    },
  },
  cron: {
    what: 'a function on a schedule',
    runtimes: {
      ...SCRIPTS,
      go: { handler: 'cleanup.Handler' },
      java: { handler: 'Cleanup.handle' },
    },
  },
  event: {
    what: 'a function for CloudEvents',
    runtimes: {
      ...SCRIPTS,
      go: { handler: 'points.Handler' },
      java: { handler: 'Points.handle' },
    },
  },
  'web-api': {
    what: 'an API with routes of its own',
    runtimes: {
      nodejs: { handler: 'index.default', signature: 'fetch' },
      python: { handler: 'main.app', signature: 'wsgi' },
      go: { handler: 'shop.Handler', signature: 'http' },
      java: { handler: 'Shop.handle' },
    },
  },
  'voice-skill': {
    what: 'a skill that asks until it knows all',
    runtimes: {
      ...SCRIPTS,
      go: { handler: 'barista.Handler' },
      java: { handler: 'Barista.handle' },
    },
  },
  ml: { what: 'predictions of a model, with numpy', runtimes: { python: SCRIPTS.python } },
};

/** A template in one language. */
export interface Choice extends Entry {
  readonly template: string;
  readonly runtime: Runtime;
}

/**
 * @param runtime if absent, the first that the template has
 * @throws PlatformError USAGE with the names that there are
 */
export function chooseTemplate(template: string, runtime: string | undefined): Choice {
  const { runtimes } = Object.hasOwn(TEMPLATES, template) ? (TEMPLATES[template] as Template) : {};
  if (!runtimes) throw new PlatformError('USAGE', `there is no template ${template}; there are ${Object.keys(TEMPLATES).join(', ')}`);
  const [name, entry] = Object.entries(runtimes).find(([known]) => known === (runtime ?? known)) ?? [];
  if (!entry) throw new PlatformError('USAGE', `the template ${template} has no runtime ${runtime}; it has ${Object.keys(runtimes).join(', ')}`);
  return { template, runtime: name as Runtime, ...entry };
}

/** One line a template. */
export function listTemplates(): string {
  const width = Math.max(...Object.keys(TEMPLATES).map((name) => name.length));
  return Object.entries(TEMPLATES)
    .map(([name, { what, runtimes }]) => `  ${name.padEnd(width)}  ${what} (${Object.keys(runtimes).join(', ')})`)
    .join('\n');
}
