import { delimiter, join } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import { isExecutable } from '../executable.ts';
import { createBuildah } from './buildah.ts';
import { createDocker } from './docker.ts';
import { createPodman } from './podman.ts';
import { runProgram } from './run-program.ts';

export interface BuildRequest {
  /** A folder with `Containerfile` and what it copies. */
  readonly context: string;
  readonly tag: string;
  /** Values of the Containerfile's `ARG`s. */
  readonly args: Readonly<Record<string, string>>;
}

/** A program that makes images. All fail with `ProgramFailed`. */
export interface Builder {
  readonly name: BuilderName;
  build(request: BuildRequest): Promise<void>;
  /** Pushes what is tagged to a reference with a registry; resolves to its digest there. */
  push(tag: string, reference: string): Promise<string>;
  /** Writes one image as an OCI archive. */
  archive(tag: string, file: string): Promise<void>;
}

export const BUILDER_NAMES = ['docker', 'podman', 'buildah'] as const;

export type BuilderName = (typeof BUILDER_NAMES)[number];

type Env = Readonly<Record<string, string | undefined>>;

const CREATE: Readonly<Record<BuilderName, (program: string) => Builder>> = { docker: createDocker, podman: createPodman, buildah: createBuildah };
const INFO_TIMEOUT_MS = 20_000;

/**
 * The first of docker, podman and buildah that works: its `info` succeeds, which a client without its daemon does not. A buildah that is not on PATH may be named by `FIB_BUILDAH`.
 * @throws PlatformError TOOLCHAIN_MISSING saying what each one answered
 */
export async function findBuilder(env: Env, wanted?: BuilderName): Promise<Builder> {
  const answers: string[] = [];
  for (const { name, program } of candidates(env).filter((candidate) => wanted === undefined || candidate.name === wanted)) {
    try {
      await runProgram(program, ['info'], { timeoutMs: INFO_TIMEOUT_MS });
      return CREATE[name](program);
    } catch (error) {
      answers.push(`${name}: ${(error as Error).message}`);
    }
  }
  const tried = answers.length > 0 ? ` (${answers.join('; ')})` : '';
  const wayOut = 'start Docker, or install one: sudo apt-get install --no-install-recommends buildah';
  throw new PlatformError('TOOLCHAIN_MISSING', `no ${wanted ?? 'docker, podman or buildah'} works here${tried}: ${wayOut}`, { details: { answers } });
}

function candidates(env: Env): { name: BuilderName; program: string }[] {
  const onPath = BUILDER_NAMES.flatMap((name) => (env['PATH'] ?? '').split(delimiter).map((folder) => ({ name, program: join(folder, name) })));
  const own = env['FIB_BUILDAH'] ? [{ name: 'buildah' as const, program: env['FIB_BUILDAH'] }] : [];
  return [...onPath, ...own].filter(({ program }) => isExecutable(program));
}
