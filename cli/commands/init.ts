import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import { shortPath } from '../project.ts';

/** `fib init [folder]`: a new stack in TypeScript. */
export const init = defineCommand({
  declare: (program) => program.command('init').description('Make a new stack in TypeScript.').argument('[folder]', 'where; it may exist', '.'),
  async run({ terminal, args: [folder = '.'], cwd }) {
    const { createFromTemplate } = await import('../template.ts');
    const target = resolve(cwd, folder);
    const { written, kept } = await createFromTemplate(target);
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
