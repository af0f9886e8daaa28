import { join } from 'node:path';
import type { BuildRequest } from './builder.ts';

/** What docker, podman and buildah take alike. */
export function buildArgs({ context, tag, args }: BuildRequest): string[] {
  const values = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  return ['--file', join(context, 'Containerfile'), '--tag', tag, ...values, context];
}
