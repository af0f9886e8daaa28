import { defineCommand } from '../command.ts';
import { addStackOptions, type StackOptions } from '../stack-options.ts';

interface Options extends StackOptions {
  readonly gatewayUrl?: string;
  readonly expand?: boolean;
}

/** `fib render [stack]`: what a stack comes to, as YAML on the screen. */
export const render = defineCommand<Options>({
  declare: (program) =>
    addStackOptions(program.command('render').description('Print what a stack comes to, as YAML.').argument('[stack]', 'stack file (default: stack.ts)'))
      .option('--gateway-url <url>', 'what `fn.url` begins with')
      .option('--expand', 'print the Deployments that the scaler will create from it'),
  async run({ terminal, args: [stack], options, cwd }) {
    const [{ loadProject }, { expandWorkloads }, { renderYaml }] = await Promise.all([
      import('../load-project.ts'),
      import('../render/expand.ts'),
      import('../../protocol/yaml.ts'),
    ]);
    const result = await loadProject(cwd, stack, options, terminal);
    const objects = options.expand ? expandWorkloads(result.objects) : result.objects.map(({ object }) => object);
    terminal.result({ objects }, () => objects.map(renderYaml).join('---\n').trimEnd());
    return 0;
  },
});
