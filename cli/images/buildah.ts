import type { Builder } from './builder.ts';
import { buildArgs } from './build-args.ts';
import { pushForDigest } from './push-for-digest.ts';
import { runProgram } from './run-program.ts';

export function createBuildah(program: string): Builder {
  return {
    name: 'buildah',
    async build(request) {
      await runProgram(program, ['build', '--format', 'oci', '--layers', '--force-rm', ...buildArgs(request)]);
    },
    push: (tag, reference) => pushForDigest(program, tag, reference),
    async archive(tag, file) {
      await runProgram(program, ['push', tag, `oci-archive:${file}:${withHost(tag)}`]);
    },
  };
}

/** Cluster nodes look for names with a host; a local image's is `localhost`. */
function withHost(tag: string): string {
  const [first = '', ...rest] = tag.split('/');
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? tag : `localhost/${tag}`;
}
