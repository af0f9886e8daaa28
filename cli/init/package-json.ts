import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { PlatformError } from '../../protocol/errors.ts';

interface PackageJson {
  readonly version?: string;
  readonly type?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/**
 * A project's package.json: what is there stays, what it lacks comes from the template's, with dependencies as our own package.json has them.
 * @throws PlatformError USAGE where the one that is there cannot be read
 */
export async function renderPackageJson(file: string, templateFile: string, ownFile: string): Promise<string> {
  const template = await readJson(templateFile);
  const own = await readJson(ownFile);
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
  return `${JSON.stringify(merged, null, 2)}\n`;
}

async function readJson(file: string): Promise<PackageJson> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as PackageJson;
  } catch (error) {
    throw new PlatformError('USAGE', `${file} cannot be read: ${(error as Error).message}; correct it, or name another folder, as in \`fib init my-stack\``, {
      cause: error,
    });
  }
}
