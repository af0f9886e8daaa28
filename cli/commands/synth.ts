import { resolve } from 'node:path';
import { defineCommand } from '../command.ts';
import { addDeliveryOptions, type DeliveryOptions, parseDelivery } from '../delivery-options.ts';
import { shortPath } from '../project.ts';
import { addStackOptions, type StackOptions } from '../stack-options.ts';

interface Options extends StackOptions, DeliveryOptions {
  readonly out: string;
  readonly gatewayUrl?: string;
  readonly print?: boolean;
}

/** `fib synth [stack]`: the manifests of a stack, one file an object. */
export const synth = defineCommand<Options>({
  declare: (program) =>
    addDeliveryOptions(
      addStackOptions(
        program.command('synth').description('Write the manifests and packages of a stack.').argument('[stack]', 'stack file (default: stack.ts)'),
      ),
    )
      .option('--out <folder>', 'where to write', 'manifests')
      .option('--gateway-url <url>', 'what `fn.url` begins with')
      .option('--print', 'print the manifests as YAML and write nothing'),
  async run({ terminal, args: [stack], options, cwd }) {
    const [{ loadProject }, { checkClearText, writeSynth }, { renderYaml }] = await Promise.all([
      import('../load-project.ts'),
      import('../../constructs/synth/write.ts'),
      import('../../protocol/yaml.ts'),
    ]);
    const result = await loadProject(cwd, stack, options, terminal);
    const objects = result.objects.map(({ object }) => object);
    if (options.print) {
      checkClearText(result);
      terminal.result({ objects }, () => objects.map(renderYaml).join('---\n').trimEnd());
      return 0;
    }
    const folder = resolve(cwd, options.out);
    const delivery = await parseDelivery(options, `${result.stacks[0]?.name ?? 'platform'}-${options.env}`, async () =>
      (await import('../diff/git.ts')).pathInRepository(folder),
    );
    const report = writeSynth(folder, result, { delivery });
    terminal.result({ folder, objects: objects.length, ...report }, () => {
      const changes = [
        ...report.written.map((path) => `  ${terminal.paint('green', '+')} ${path}`),
        ...report.removed.map((path) => `  ${terminal.paint('red', '-')} ${path}`),
      ];
      return [
        ...changes,
        `${objects.length} objects in ${shortPath(cwd, folder)}: ${report.written.length} files written, ${report.removed.length} removed, ${report.unchanged} unchanged`,
      ].join('\n');
    });
    return 0;
  },
});
