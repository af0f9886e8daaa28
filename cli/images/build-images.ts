import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import { type ImageLock, type ImageName, imageRepository, imageTag, isOptionalImage } from '../../protocol/images.ts';
import type { Builder } from './builder.ts';
import { writeContext } from './context.ts';
import { RECIPES } from './recipes.ts';
import { ProgramFailed } from './run-program.ts';

export interface BuildImagesOptions {
  readonly builder: Builder;
  /** The package: a folder with `package.json` and `dist/`. */
  readonly root: string;
  readonly names: readonly ImageName[];
  readonly version: string;
  /** Replace the Containerfiles' own. */
  readonly bases?: Readonly<Partial<Record<ImageName, string>>>;
  /** Called before each image. */
  readonly onBegin?: (name: ImageName) => void;
  /** A watcher that cannot be compiled here is left out. @default - it is an error */
  readonly onLeftOut?: ((name: ImageName, reason: PlatformError) => void) | undefined;
}

/** Builds and tags `fibonacci-<name>:<version>`. @returns what was built @throws PlatformError IMAGE_BUILD_FAILED; TOOLCHAIN_MISSING where that is not left out */
export async function buildImages({ builder, root, names, version, bases = {}, onBegin, onLeftOut }: BuildImagesOptions): Promise<readonly ImageName[]> {
  const built: ImageName[] = [];
  for (const name of names) {
    onBegin?.(name);
    const context = mkdtempSync(join(tmpdir(), `fib-image-${name}-`));
    const base = bases[name];
    try {
      writeContext(RECIPES[name], root, context);
      await builder.build({ context, tag: imageTag(name, version), args: { VERSION: version, ...(base !== undefined && { BASE: base }) } });
      built.push(name);
    } catch (error) {
      if (onLeftOut && isOptionalImage(name) && error instanceof PlatformError && error.code === 'TOOLCHAIN_MISSING') {
        onLeftOut(name, error);
        continue;
      }
      throw error instanceof ProgramFailed ? buildFailure(error, name, builder, base ?? officialBase(context)) : error;
    } finally {
      rmSync(context, { recursive: true, force: true });
    }
  }
  return built;
}

/** Pushes images; resolves to what `images.lock.json` holds. @throws PlatformError IMAGE_PUSH_FAILED */
export async function pushImages(
  builder: Builder,
  names: readonly ImageName[],
  version: string,
  registry: string,
  onBegin?: (name: ImageName) => void,
): Promise<ImageLock> {
  const images: Partial<Record<ImageName, string>> = {};
  for (const name of names) {
    onBegin?.(name);
    const reference = imageTag(name, version, registry);
    const digest = await builder.push(imageTag(name, version), reference).catch((error: unknown) => {
      throw pushFailure(error, reference, builder);
    });
    images[name] = `${reference.slice(0, reference.lastIndexOf(':'))}@${digest}`;
  }
  return { registry: registry.replace(/\/+$/, ''), version, images: images as ImageLock['images'] };
}

/** Writes `<folder>/fibonacci-<name>.tar`, an OCI archive each; resolves to the files. @throws PlatformError IMAGE_BUILD_FAILED */
export async function archiveImages(
  builder: Builder,
  version: string,
  names: readonly ImageName[],
  folder: string,
): Promise<Partial<Record<ImageName, string>>> {
  const files: Partial<Record<ImageName, string>> = {};
  mkdirSync(folder, { recursive: true });
  for (const name of names) {
    const file = join(folder, `${imageRepository(name)}.tar`);
    // Some builders add to an archive that is there.
    rmSync(file, { force: true });
    await builder.archive(imageTag(name, version), file).catch((error: unknown) => {
      throw new PlatformError('IMAGE_BUILD_FAILED', `${file} could not be written: ${(error as Error).message}`, { details: outputOf(error), cause: error });
    });
    files[name] = file;
  }
  return files;
}

const NO_BASE = /manifest unknown|not found|no such image|not known|pull access denied|name unknown|no such host|dial tcp|short-name|failed to resolve/i;
const NOT_ALLOWED = /denied|unauthori[sz]ed|authentication required|forbidden|\b40[13]\b/i;

function buildFailure(error: ProgramFailed, name: ImageName, builder: Builder, base: string): PlatformError {
  const { message: reason, output } = error;
  const wayOut = /short-name/i.test(reason)
    ? `${builder.name} wants its name in full: --base ${name}=<registry>/${base}`
    : `see that ${builder.name} can pull it, or name another with --base <image>`;
  const message = NO_BASE.test(reason) ? `the base image ${base} cannot be had (${reason}); ${wayOut}` : reason;
  return new PlatformError('IMAGE_BUILD_FAILED', `the image ${name} could not be built by ${builder.name}: ${message}`, {
    details: { image: name, output },
    cause: error,
  });
}

function officialBase(context: string): string {
  return /^ARG BASE=(.*)$/m.exec(readFileSync(join(context, 'Containerfile'), 'utf8'))?.[1] ?? '';
}

function pushFailure(error: unknown, reference: string, builder: Builder): PlatformError {
  const { message: reason } = error as Error;
  const host = reference.split('/')[0] ?? reference;
  const wayOut = NOT_ALLOWED.test(reason)
    ? `log in with \`${builder.name} login ${host}\`, as someone who may push there`
    : `see that ${host} is a registry that answers`;
  return new PlatformError('IMAGE_PUSH_FAILED', `${reference} was not pushed: ${reason}; ${wayOut}`, {
    details: { reference, ...outputOf(error) },
    cause: error,
  });
}

function outputOf(error: unknown): { output?: string } {
  return error instanceof ProgramFailed ? { output: error.output } : {};
}
