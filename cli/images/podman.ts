import type { Builder } from './builder.ts';
import { buildArgs } from './build-args.ts';
import { pushForDigest } from './push-for-digest.ts';
import { runProgram } from './run-program.ts';

export function createPodman(program: string): Builder {
  return {
    name: 'podman',
    async build(request) {
      await runProgram(program, ['build', '--format', 'oci', '--layers', '--force-rm', ...buildArgs(request)]);
    },
    push: (tag, reference) => pushForDigest(program, tag, reference),
    async archive(tag, file) {
      await runProgram(program, ['save', '--format', 'oci-archive', '--output', file, tag]);
    },
  };
}
