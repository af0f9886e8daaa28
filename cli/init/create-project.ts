import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import { packageFile } from '../package-file.ts';
import { renderPackageJson } from './package-json.ts';
import type { Choice } from './templates.ts';

const FOLDER = join(dirname(import.meta.dirname), 'templates');
/** What every project has. */
const PROJECT = join(FOLDER, 'project');
/** npm leaves out a `.gitignore` of a package. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: '.gitignore' };
/** Kept where it is there already: it does not belong to the stack alone. */
const SHARED = ['.gitignore', 'README.md', 'tsconfig.json'];

interface TemplateFile {
  readonly from: string;
  /** Relative to the project. */
  readonly to: string;
}

/**
 * Writes a template's stack and function into a folder. A package.json that is there gets what it lacks; nothing else is changed.
 * @throws PlatformError USAGE where a file of the stack exists already
 */
export async function createProject(folder: string, choice: Choice): Promise<{ written: string[]; kept: string[] }> {
  const files = await filesOf(choice);
  const there = files.filter(({ to }) => existsSync(join(folder, to)));
  const inTheWay = there.filter(({ to }) => !SHARED.includes(to)).map(({ to }) => to);
  if (inTheWay.length > 0) throw new PlatformError('USAGE', `${folder} has ${inTheWay.join(', ')} already: name another folder, as in \`fib init my-stack\``);
  const packageJson = join(folder, 'package.json');
  const packageText = await renderPackageJson(packageJson, join(PROJECT, 'package.json'), packageFile('package.json'));
  const missing = files.filter((file) => !there.includes(file));
  for (const { from, to } of missing) {
    await mkdir(dirname(join(folder, to)), { recursive: true });
    const text = await readFile(from, 'utf8');
    await writeFile(join(folder, to), to === 'stack.ts' ? renderStack(text, choice) : text, { flag: 'wx' });
  }
  await writeFile(packageJson, packageText);
  return { written: ['package.json', ...missing.map(({ to }) => to)].sort(), kept: there.map(({ to }) => to) };
}

/** The one file that differs by language and is written once for all. The line of a signature goes where it is the default. */
function renderStack(text: string, { runtime, handler, signature }: Choice): string {
  const stack = signature === undefined ? text.replace(/^.*\$SIGNATURE.*\n/m, '') : text.replace('$SIGNATURE', signature);
  return stack.replaceAll('$RUNTIME', runtime.toUpperCase()).replace('$HANDLER', handler);
}

async function filesOf({ template, runtime }: Choice): Promise<TemplateFile[]> {
  const folder = join(FOLDER, template);
  const shared = await listFiles(PROJECT, false);
  const files = [...shared, ...(await listFiles(folder, false)), ...(await listFiles(join(folder, runtime), true))];
  return files.filter(({ to }) => to !== 'package.json').map(({ from, to }) => ({ from, to: RENAMED[to] ?? to }));
}

async function listFiles(folder: string, recursive: boolean): Promise<TemplateFile[]> {
  const entries = await readdir(folder, { recursive, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((from) => ({ from, to: relative(folder, from).split(sep).join('/') }));
}
