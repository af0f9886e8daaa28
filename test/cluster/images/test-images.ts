import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { findJdk, OLDEST_WATCHER_JDK } from '../../../constructs/build/java-toolchain.ts';
import { type Builder, findBuilder } from '../../../cli/images/builder.ts';
import { writeContext } from '../../../cli/images/context.ts';
import { RECIPES } from '../../../cli/images/recipes.ts';
import { runProgram } from '../../../cli/images/run-program.ts';
import { IMAGE_NAMES, type ImageName } from '../../../protocol/images.ts';
import { ensurePart } from '../machine/cache.ts';
import { clusterFolders } from '../machine/folders.ts';
import { ensureBaseImage } from '../machine/images.ts';
import { ensurePackages } from '../machine/packages.ts';
import { BASE_IMAGE, BASE_PACKAGES } from '../machine/plan.ts';
import { ensureBuildah, ensureDist, unpackMonitoring } from './bootstrap.ts';

/** An image as nodes take it. */
export interface TestImage {
  /** `localhost/fibonacci-gateway:test`. */
  readonly reference: string;
  /** Archive for `ctr images import`. */
  readonly archive: string;
  /** Changes with what is in the image. */
  readonly digest: string;
}

/** The platform's own images, those that stand in for Prometheus' official ones, and one of a user's. */
export const TEST_IMAGES = {
  gateway: 'localhost/fibonacci-gateway:test',
  scaler: 'localhost/fibonacci-scaler:test',
  nodejs: 'localhost/fibonacci-nodejs:test',
  python: 'localhost/fibonacci-python:test',
  java: 'localhost/fibonacci-java:test',
  go: 'localhost/fibonacci-go:test',
  prometheus: 'localhost/prometheus:test',
  alertmanager: 'localhost/alertmanager:test',
  /** A server that knows nothing of the platform, and its next version. */
  plainApp: 'localhost/plain-app:1',
  nextPlainApp: 'localhost/plain-app:2',
} as const;

const NODE_BASE = 'localhost/fibonacci-node-base:test';
const JAVA_BASE = 'localhost/fibonacci-java-base:test';
const BASES: Readonly<Record<ImageName, string>> = {
  gateway: NODE_BASE,
  scaler: NODE_BASE,
  nodejs: NODE_BASE,
  python: BASE_IMAGE,
  java: JAVA_BASE,
  go: BASE_IMAGE,
};
const ROOT = clusterFolders().root;
const CACHE = join(ROOT, '.cache', 'images');
const BUILT = join(CACHE, 'built.json');
/** Where the private copy of buildah is. */
export const BUILDAH_CACHE = join(ROOT, '.cache', 'buildah');
/** A Java runtime of a tenth of the JDK's size. */
const JLINK = ['--add-modules', 'java.se,jdk.crypto.ec,jdk.unsupported,jdk.zipfs', '--strip-debug', '--no-header-files', '--no-man-pages'];
/** Archives that are kept of an image: what two checkouts of a branch take turns with. */
const KEPT = 2;

interface Source {
  readonly reference: string;
  readonly base: string;
  write(context: string): void;
}

/**
 * Builds the images with the Containerfiles that users build with, on a base made of Debian packages. What did not change is not built again; where no source was touched, nothing is looked at.
 * @param say is told what takes long
 */
export async function buildTestImages(say: (line: string) => void = () => undefined): Promise<TestImage[]> {
  const dist = await ensureDist(say);
  const known = dist === undefined ? undefined : readBuilt(dist);
  if (known) return known;
  const builder = await createBuilder(say);
  const packages = await ensurePackages(clusterFolders().cache, say);
  const base = await ensureBaseImage(clusterFolders().cache, packages, say);
  const builtOn = await prepareBases(builder, base, say);
  const images: TestImage[] = [];
  for (const source of await listSources(say)) images.push(await ensureImage(builder, source, builtOn, say));
  if (dist !== undefined) writeFileSync(BUILT, JSON.stringify({ recipe: recipeOfAll(dist), images }));
  return images;
}

/** What the last call made, where it was made from the same. */
function readBuilt(dist: string): TestImage[] | undefined {
  if (!existsSync(BUILT)) return undefined;
  const { recipe, images } = JSON.parse(readFileSync(BUILT, 'utf8')) as { recipe: string; images: TestImage[] };
  return recipe === recipeOfAll(dist) && images.every(({ archive }) => existsSync(archive)) ? images : undefined;
}

/** The stamp of dist/ says that no source was touched; the rest is small. */
function recipeOfAll(dist: string): string {
  return [dist, process.version, JSON.stringify(BASE_PACKAGES), folderDigest(import.meta.dirname)].join(' ');
}

async function createBuilder(say: (line: string) => void): Promise<Builder & { readonly program: string }> {
  const program = await ensureBuildah(BUILDAH_CACHE, say);
  return { ...(await findBuilder({ FIB_BUILDAH: program }, 'buildah')), program };
}

/** Loads Debian's base, and puts Node.js on it and, beside that, Java. @returns what stands for all in digests */
async function prepareBases(builder: Builder & { program: string }, base: string, say: (line: string) => void): Promise<string> {
  const jdk = findJdk(OLDEST_WATCHER_JDK);
  const containerfiles = ['node-base', 'java-base'].map((name) => readFileSync(join(import.meta.dirname, name, 'Containerfile'), 'utf8'));
  const recipe = [base, process.version, JSON.stringify(jdk), ...containerfiles].join(' ');
  await ensurePart({
    cache: CACHE,
    name: 'bases',
    recipe,
    build: async (work) => {
      say('base images');
      await runProgram(builder.program, ['pull', '--quiet', `oci-archive:${base}`]);
      copyFileSync(process.execPath, join(work, 'node'));
      copyFileSync(join(import.meta.dirname, 'node-base', 'Containerfile'), join(work, 'Containerfile'));
      await builder.build({ context: work, tag: NODE_BASE, args: { BASE: BASE_IMAGE } });
      rmSync(join(work, 'node'));
      await runProgram(join(jdk.home, 'bin', 'jlink'), [...JLINK, '--output', join(work, 'java')]);
      copyFileSync(join(import.meta.dirname, 'java-base', 'Containerfile'), join(work, 'Containerfile'));
      await builder.build({ context: work, tag: JAVA_BASE, args: { BASE: BASE_IMAGE } });
      rmSync(join(work, 'java'), { recursive: true });
    },
  });
  return recipe;
}

async function listSources(say: (line: string) => void): Promise<Source[]> {
  const own = IMAGE_NAMES.map((name) => ({
    reference: TEST_IMAGES[name],
    base: BASES[name],
    write: (context: string) => writeContext(RECIPES[name], ROOT, context),
  }));
  const programs = await ensurePart({
    cache: CACHE,
    name: 'monitoring',
    recipe: 'prometheus prometheus-alertmanager',
    build: (work) => unpackMonitoring(work, say),
  });
  const monitoring = (['prometheus', 'alertmanager'] as const).map((name) => ({
    reference: TEST_IMAGES[name],
    base: BASE_IMAGE,
    write: (context: string) => {
      cpSync(join(programs, 'usr'), join(context, 'usr'), { recursive: true });
      copyFileSync(join(import.meta.dirname, name, 'Containerfile'), join(context, 'Containerfile'));
    },
  }));
  const plain = [TEST_IMAGES.plainApp, TEST_IMAGES.nextPlainApp].map((reference) => ({
    reference,
    base: NODE_BASE,
    write: (context: string) => {
      cpSync(join(import.meta.dirname, 'fixtures', 'plain-app'), context, { recursive: true });
      writeFileSync(join(context, 'version'), reference.replace(/^.*:/, ''));
    },
  }));
  return [...own, ...monitoring, ...plain];
}

async function ensureImage(builder: Builder & { program: string }, source: Source, builtOn: string, say: (line: string) => void): Promise<TestImage> {
  const context = mkdtempSync(join(tmpdir(), 'fib-test-image-'));
  try {
    source.write(context);
    const digest = createHash('sha256').update(builtOn).update(folderDigest(context)).digest('hex');
    const name = imageFolder(source.reference);
    const folder = await ensurePart({
      cache: CACHE,
      name,
      recipe: digest,
      build: async (work) => {
        say(`building ${source.reference}`);
        await builder.build({ context, tag: source.reference, args: { BASE: source.base, VERSION: 'test' } });
        // Unlike OCI archives these are not compressed, which would take most of the time.
        await runProgram(builder.program, ['push', '--quiet', source.reference, `docker-archive:${join(work, 'image.tar')}:${source.reference}`]);
      },
    });
    removeOlder(name);
    return { reference: source.reference, archive: join(folder, 'image.tar'), digest };
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

function folderDigest(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of files.map(({ parentPath, name }) => join(parentPath, name)).sort()) {
    hash
      .update(`${relative(folder, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex');
}

/** `localhost/x:test` → `x`. */
function imageFolder(reference: string): string {
  return reference.replace(/^.*\//, '').replace(/:.*$/, '');
}

function removeOlder(name: string): void {
  const folders = readdirSync(CACHE).filter((entry) => entry.startsWith(`${name}-`) && /-[0-9a-f]{16}$/.test(entry));
  const newestFirst = folders.map((entry) => ({ path: join(CACHE, entry), at: statSync(join(CACHE, entry)).mtimeMs })).sort((a, b) => b.at - a.at);
  for (const { path } of newestFirst.slice(KEPT)) rmSync(path, { recursive: true, force: true });
}
