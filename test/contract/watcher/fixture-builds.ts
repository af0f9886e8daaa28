import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { arch } from 'node:process';
import { buildGo } from '../../../constructs/build/go.ts';
import { buildJava } from '../../../constructs/build/java.ts';
import type { PackageFile } from '../../../protocol/package.ts';

const RUNTIMES = fileURLToPath(new URL('../../../runtimes', import.meta.url));
const CACHE = fileURLToPath(new URL('../../../.cache/fixture-builds', import.meta.url));

interface Builder {
  /** Folders of the runtime that go into every build, besides the fixture. */
  readonly sources: readonly string[];
  readonly build: (fixture: string) => readonly PackageFile[];
}

/** Languages whose packages are compiled, by their own packager. */
const BUILDERS: Readonly<Record<string, Builder>> = {
  go: {
    sources: ['executor', 'function', 'internal'],
    build: (fixture) => buildGo({ directory: fixture, handlers: goHandlers(fixture), goos: 'linux', goarch: arch === 'arm64' ? 'arm64' : 'amd64' }),
  },
  java: { sources: ['function'], build: (fixture) => buildJava({ directory: fixture, handler: javaHandler(fixture) }) },
};

/** How a language writes the name of an export that vectors write in lower case. */
export function exportName(language: string, name: string): string {
  return language === 'go' ? name.charAt(0).toUpperCase() + name.slice(1) : name;
}

/** Builds the fixtures of compiled languages, where they have changed; to be called before the first push. */
export function buildFixtures(languages: readonly string[]): void {
  for (const language of languages.filter((name) => BUILDERS[name])) {
    const fixtures = join(RUNTIMES, language, 'fixtures');
    for (const fixture of readdirSync(fixtures)) build(language, join(fixtures, fixture));
  }
}

/** The files of a fixture's package; undefined where a fixture is its own package. */
export function builtFiles(language: string, fixture: string): readonly PackageFile[] | undefined {
  const folder = folderOf(language, fixture);
  return folder === undefined ? undefined : listFiles(folder).map((path) => ({ path, bytes: readFileSync(join(folder, path)) }));
}

function build(language: string, fixture: string): void {
  const folder = folderOf(language, fixture);
  if (folder === undefined || existsSync(folder)) return;
  const files = BUILDERS[language]?.build(fixture) ?? [];
  mkdirSync(CACHE, { recursive: true });
  for (const old of readdirSync(CACHE).filter((name) => isBuildOf(name, language, fixture))) rmSync(join(CACHE, old), { recursive: true, force: true });
  const temporary = mkdtempSync(`${folder}-`);
  for (const { path, bytes } of files) {
    mkdirSync(join(temporary, path, '..'), { recursive: true });
    writeFileSync(join(temporary, path), bytes);
  }
  try {
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    // Another test file was faster.
    if (!existsSync(folder)) throw error;
  }
}

const HASH_LENGTH = 16;

function isBuildOf(name: string, language: string, fixture: string): boolean {
  const prefix = `${language}-${basename(fixture)}-`;
  return name.startsWith(prefix) && name.length === prefix.length + HASH_LENGTH;
}

/** Named by the sources; whole once it is there. */
function folderOf(language: string, fixture: string): string | undefined {
  const builder = BUILDERS[language];
  if (!builder) return undefined;
  const hash = createHash('sha256');
  for (const folder of [fixture, ...builder.sources.map((name) => join(RUNTIMES, language, name))]) {
    for (const path of listFiles(folder)) hash.update(`${path}\0`).update(readFileSync(join(folder, path)));
  }
  return join(CACHE, `${language}-${basename(fixture)}-${hash.digest('hex').slice(0, HASH_LENGTH)}`);
}

function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
}

/** Every export, so that vectors may name any. */
function goHandlers(fixture: string): string[] {
  return listFiles(fixture)
    .filter((path) => path.endsWith('.go'))
    .flatMap((path) =>
      [...readFileSync(join(fixture, path), 'utf8').matchAll(/^(?:func|var) (\p{Lu}\w*)/gmu)].map(([, name]) => `${path.slice(0, -3)}.${name}`),
    );
}

/** One that is there: the packager wants to see it. */
function javaHandler(fixture: string): string {
  const handlers = listFiles(fixture)
    .filter((path) => path.endsWith('.java'))
    .flatMap((path) =>
      [...readFileSync(join(fixture, path), 'utf8').matchAll(/^ {2}public (?:static )?(?:Object|void) (\w+)\(/gm)].map(
        ([, name]) => `${path.slice(0, -5)}.${name}`,
      ),
    );
  return handlers[0] ?? 'Main.handler';
}
