import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import { chooseTemplate, listTemplates } from '../init/templates.ts';
import { shortPath } from '../project.ts';

interface Options {
  readonly template: string;
  readonly runtime?: string;
}

/** `fib init [folder]`: a new stack in TypeScript, with a function in any language. */
export const init = defineCommand<Options>({
  declare: (program) =>
    program
      .command('init')
      .description('Make a new stack from a template.')
      .argument('[folder]', 'where; it may exist', '.')
      .option('--template <name>', 'what to begin with', 'http')
      .option('--runtime <runtime>', "language of the function (default: the template's first)")
      .addHelpText('after', `\nTemplates:\n${listTemplates()}`),
  async run({ terminal, args: [folder = '.'], options, cwd }) {
    const { createProject } = await import('../init/create-project.ts');
    const target = resolve(cwd, folder);
    const { written, kept } = await createProject(target, chooseTemplate(options.template, options.runtime));
    terminal.result({ folder: target, written, kept }, () => {
      const steps = [...(target === cwd ? [] : [`cd ${shortPath(cwd, target)}`]), 'npm install', 'npx fib dev'];
      return [
        ...written.map((path) => `  ${terminal.paint('green', '+')} ${path}`),
        ...kept.map((path) => `    ${path} was there and is kept`),
        '',
        'Next:',
        ...steps.map((step) => `  ${step}`),
      ].join('\n');
    });
    return 0;
  },
});
