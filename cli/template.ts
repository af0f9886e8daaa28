import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { PlatformError } from '../protocol/errors.ts';
import { packageFile } from './package-file.ts';

interface PackageJson {
  readonly version?: string;
  readonly type?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const TEMPLATE = join(import.meta.dirname, 'templates', 'typescript');
/** npm leaves out a `.gitignore` of a package. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: '.gitignore' };
/** Kept where it is there already: it does not belong to the stack alone. */
const SHARED = ['.gitignore', 'tsconfig.json'];

/**
 * Writes a new stack into a folder. A package.json that is there gets what it lacks; nothing else is changed.
 * @throws PlatformError USAGE where a file of the stack exists already
 */
export async function createFromTemplate(folder: string): Promise<{ written: string[]; kept: string[] }> {
  const names = (await readdir(TEMPLATE, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(TEMPLATE, join(entry.parentPath, entry.name)));
  const files = names.filter((name) => name !== 'package.json').map((name) => ({ from: join(TEMPLATE, name), to: RENAMED[name] ?? name }));
  const there = files.filter(({ to }) => existsSync(join(folder, to)));
  const inTheWay = there.filter(({ to }) => !SHARED.includes(to)).map(({ to }) => to);
  if (inTheWay.length > 0) throw new PlatformError('USAGE', `${folder} has ${inTheWay.join(', ')} already: name another folder, as in \`fib init my-stack\``);
  const missing = files.filter((file) => !there.includes(file));
  for (const { from, to } of missing) {
    await mkdir(dirname(join(folder, to)), { recursive: true });
    await writeFile(join(folder, to), await readFile(from));
  }
  await writePackageJson(join(folder, 'package.json'));
  return { written: ['package.json', ...missing.map(({ to }) => to)].sort(), kept: there.map(({ to }) => to) };
}

async function writePackageJson(file: string): Promise<void> {
  const template = await readJson(join(TEMPLATE, 'package.json'));
  const own = await readJson(packageFile('package.json'));
  const existing = existsSync(file) ? await readJson(file) : {};
  const pick = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, own.peerDependencies?.[name] ?? own.devDependencies?.[name] ?? '*']));
  const merged = {
    ...template,
    ...existing,
    type: 'module',
    scripts: { ...template.scripts, ...existing.scripts },
    dependencies: { 'fibonacci-faas': `^${own.version}`, ...pick(['cdk8s', 'constructs']), ...existing.dependencies },
    devDependencies: { ...pick(['@types/node', 'typescript']), ...existing.devDependencies },
  };
  await writeFile(file, `${JSON.stringify(merged, null, 2)}\n`);
}

async function readJson(file: string): Promise<PackageJson> {
  return JSON.parse(await readFile(file, 'utf8')) as PackageJson;
}
