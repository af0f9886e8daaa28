import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import { IMAGE_NAMES, type ImageName, imageTag } from '../../protocol/images.ts';
import { defineCommand } from '../command.ts';
import type { BuilderName } from '../images/builder.ts';
import { packageFile } from '../package-file.ts';
import { shortPath } from '../project.ts';
import { renderTable } from '../table.ts';

interface Options {
  readonly push?: string;
  readonly archive?: string;
  readonly base?: readonly string[];
  readonly only?: readonly string[];
  readonly builder?: string;
  readonly lock: string;
}

/** `fib images`: the platform's images from this package. */
export const images = defineCommand<Options>({
  declare: (program) =>
    program
      .command('images')
      .description('Build the platform’s images with docker, podman or buildah.')
      .option('--push <registry>', 'push them there and write the lock file')
      .option('--lock <file>', 'the lock file', 'images.lock.json')
      .option('--archive <folder>', 'write each as an OCI archive')
      .option('--base <image...>', 'build on this instead of the official base; `<name>=<image>` for one of them')
      .option('--only <name...>', `build only these: ${IMAGE_NAMES.join(', ')}`)
      .option('--builder <name>', 'docker, podman or buildah (default: the first that works)'),
  async run({ terminal, options, cwd, env }) {
    const wanted = parseNames(options);
    const [{ findBuilder }, { archiveImages, buildImages, pushImages }] = await Promise.all([
      import('../images/builder.ts'),
      import('../images/build-images.ts'),
    ]);
    const builder = await findBuilder(env, parseBuilder(options.builder));
    const { version } = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string };
    const { push, archive } = options;
    const tell = (what: string) => (name: ImageName) => terminal.note(`${what} ${name}`);
    // Those that were named are wanted.
    const onLeftOut = options.only ? undefined : (name: ImageName, { message }: PlatformError) => terminal.note(`${name} is left out: ${message}`);
    const bases = parseBases(options.base ?? []);
    const names = await buildImages({ builder, root: packageFile('.'), names: wanted, version, bases, onBegin: tell(`${builder.name}: building`), onLeftOut });
    const archives = archive === undefined ? undefined : await archiveImages(builder, version, names, resolve(cwd, archive));
    const lock = push === undefined ? undefined : await pushImages(builder, names, version, push, tell('pushing'));
    const lockFile = resolve(cwd, options.lock);
    if (lock) writeFileSync(lockFile, `${JSON.stringify(lock, null, 2)}\n`);
    const built = names.map((name) => ({
      name,
      tag: imageTag(name, version),
      ...(archives && { archive: archives[name] }),
      ...(lock && { image: lock.images[name] }),
    }));
    terminal.result({ builder: builder.name, images: built, ...(lock && { lock: lockFile }) }, () => {
      const rows = built.map(({ tag, archive: file, image }) => [tag, image ?? (file === undefined ? '' : shortPath(cwd, file))]);
      return [renderTable(rows), ...(lock ? [`${shortPath(cwd, lockFile)} written: give it to Platform({ images: { lock } })`] : [])].join('\n');
    });
    return 0;
  },
});

function parseNames({ only, push }: Options): readonly ImageName[] {
  if (only === undefined) return IMAGE_NAMES;
  if (push !== undefined) throw new PlatformError('USAGE', '--only and --push do not go together: the lock file holds all images');
  const unknown = only.filter((name) => !isImageName(name));
  if (unknown.length > 0) throw new PlatformError('USAGE', `--only ${unknown.join(' ')}: the images are ${IMAGE_NAMES.join(', ')}`);
  return IMAGE_NAMES.filter((name) => only.includes(name));
}

/** One of `<name>=<image>` wins over one for all. */
function parseBases(bases: readonly string[]): Partial<Record<ImageName, string>> {
  const parsed = bases.map((base) => /^(?:([a-z]+)=)?(.+)$/.exec(base)?.slice(1) ?? []);
  const unknown = parsed.flatMap(([name]) => (name === undefined || isImageName(name) ? [] : [name]));
  if (unknown.length > 0) throw new PlatformError('USAGE', `--base ${unknown.join(' ')}: the images are ${IMAGE_NAMES.join(', ')}`);
  const all = parsed.findLast(([name]) => name === undefined)?.[1];
  const own = Object.fromEntries(parsed.filter(([name]) => name !== undefined));
  return { ...(all !== undefined && Object.fromEntries(IMAGE_NAMES.map((name) => [name, all]))), ...own };
}

function isImageName(name: string): name is ImageName {
  return (IMAGE_NAMES as readonly string[]).includes(name);
}

function parseBuilder(name: string | undefined): BuilderName | undefined {
  if (name === undefined || name === 'docker' || name === 'podman' || name === 'buildah') return name;
  throw new PlatformError('USAGE', `--builder ${name} is none of docker, podman, buildah`);
}
