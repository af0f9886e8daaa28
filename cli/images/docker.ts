import type { Builder } from './builder.ts';
import { buildArgs } from './build-args.ts';
import { ProgramFailed, runProgram } from './run-program.ts';

/** Docker with its daemon. Archives are those of `docker save`, which are OCI archives from Docker 25 on. */
export function createDocker(program: string): Builder {
  return {
    name: 'docker',
    async build(request) {
      await runProgram(program, ['build', ...buildArgs(request)]);
    },
    async push(tag, reference) {
      await runProgram(program, ['tag', tag, reference]);
      const output = await runProgram(program, ['push', reference]);
      const digest = /digest: (sha256:[0-9a-f]{64})/.exec(output)?.[1];
      if (digest === undefined) throw new ProgramFailed(program, 'it named no digest', output);
      return digest;
    },
    async archive(tag, file) {
      await runProgram(program, ['save', '--output', file, tag]);
    },
  };
}
