import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const RUNTIMES = fileURLToPath(new URL('../../../runtimes', import.meta.url));
const CACHE = fileURLToPath(new URL('../../../.cache/fixture-dependencies', import.meta.url));

type Install = (folder: string, manifest: string) => readonly [command: string, ...args: string[]];

/** The file that names a fixture's dependencies, and the language's own way to put them beside the code. */
const INSTALLERS: Readonly<Record<string, readonly [manifest: string, install: Install]>> = {
  nodejs: ['package.json', (folder) => ['npm', 'install', '--prefix', folder, '--omit=dev', '--no-package-lock', '--no-audit', '--no-fund']],
  python: [
    'requirements.txt',
    (folder, manifest) => [process.env['FIB_PYTHON'] ?? 'python3', '-m', 'pip', 'install', '--no-compile', '--target', folder, '-r', manifest],
  ],
};

/** What user code does not load, and what makes a package large. */
const UNUSED = /(^|\/)(__pycache__|bin|\.bin)\/|\.(d\.[cm]?ts|map|md)$/;

/** Installs what the fixtures of a language depend on, where that has not been done; to be called before the first push. */
export async function installFixtureDependencies(languages: readonly string[]): Promise<void> {
  for (const language of languages) {
    const fixtures = join(RUNTIMES, language, 'fixtures');
    for (const fixture of readdirSync(fixtures)) await install(language, join(fixtures, fixture));
  }
}

/** Files, by their path in the package, that a fixture's dependencies add to it. */
export function dependencyFiles(language: string, fixture: string): { readonly path: string; readonly file: string }[] {
  const folder = folderOf(language, fixture);
  if (folder === undefined) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !UNUSED.test(path) && path !== INSTALLERS[language]?.[0] && statSync(join(folder, path)).isFile())
    .map((path) => ({ path, file: join(folder, path) }));
}

/** Equal manifests share a folder, which is whole once it is there. */
function folderOf(language: string, fixture: string): string | undefined {
  const manifest = INSTALLERS[language]?.[0];
  if (manifest === undefined || !existsSync(join(fixture, manifest))) return undefined;
  const wanted = readFileSync(join(fixture, manifest), 'utf8').replace(/"name": "[^"]*"/, '');
  return join(CACHE, `${language}-${createHash('sha256').update(wanted).digest('hex').slice(0, 16)}`);
}

async function install(language: string, fixture: string): Promise<void> {
  const folder = folderOf(language, fixture);
  const installer = INSTALLERS[language];
  if (folder === undefined || installer === undefined || existsSync(folder)) return;
  const [manifest, commandOf] = installer;
  mkdirSync(dirname(folder), { recursive: true });
  const temporary = mkdtempSync(`${folder}-`);
  copyFileSync(join(fixture, manifest), join(temporary, manifest));
  const [command, ...args] = commandOf(temporary, join(temporary, manifest));
  try {
    await promisify(execFile)(command, args);
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    // Another test file was faster.
    if (!existsSync(folder)) throw error;
  }
}
