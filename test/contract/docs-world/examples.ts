import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../cli-world/project.ts';
import type { Block } from './pages.ts';

/** A folder in which each block is a file that type-checks as a user's would. */
export interface ExampleProject {
  readonly dir: string;
  readonly files: readonly ExampleFile[];
  close(): Promise<void>;
}

export interface ExampleFile {
  /** Where a reader finds it: `docs/guide/x.md:12`. */
  readonly place: string;
  readonly path: string;
  readonly isStack: boolean;
}

/** Names that examples use and do not make themselves; each is written into a stack only where it is used. */
const WORLD: Readonly<Record<string, string>> = {
  stack: `const stack = new fib.FunctionStack(app, 'docs');`,
  pool: `const pool = new fib.PodPool(stack, 'node-pool', { runtime: 'nodejs', min: 1, max: 4 });`,
  ...Object.fromEntries(
    ['cart', 'greet', 'cleanup'].map((name) => [
      name,
      `const ${name} = new fib.Function(stack, '${name}', { runtime: 'nodejs', handler: 'index.handler', code: fib.Code.fromInline('export const handler = () => 1;') });`,
    ]),
  ),
};

const TSCONFIG = {
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    noEmit: true,
  },
};
/** What pages import from beside them. */
const BESIDE = `import * as fib from 'fibonacci-faas';
export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'beside');
  new fib.Function(stack, 'hello', { runtime: 'nodejs', handler: 'index.handler', code: fib.Code.fromInline('export const handler = () => 1;') });
});
`;

export async function writeExamples(blocks: readonly Block[]): Promise<ExampleProject> {
  const dir = await mkdtemp(join(tmpdir(), 'fib-docs-'));
  await mkdir(join(dir, 'node_modules'));
  await symlink(ROOT, join(dir, 'node_modules', 'fibonacci-faas'));
  for (const name of ['@pulumi', '@types', 'vitest', 'cdk8s', 'cdk8s-plus-27', 'constructs'])
    await symlink(join(ROOT, 'node_modules', name), join(dir, 'node_modules', name));
  await writeFile(join(dir, 'package.json'), '{ "type": "module", "private": true }');
  await writeFile(join(dir, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  await writeFile(join(dir, 'stack.ts'), BESIDE);
  const files = await Promise.all(blocks.map((block, index) => writeExample(dir, block, index)));
  return { dir, files, close: () => rm(dir, { recursive: true, force: true }) };
}

async function writeExample(dir: string, block: Block, index: number): Promise<ExampleFile> {
  const text = sourceOf(block);
  const path = join(dir, `${block.page.replaceAll(/\W/g, '-')}-${index}.ts`);
  await writeFile(path, text);
  for (const match of text.matchAll(/Code\.(fromDirectory|fromFile|bundle)\('([^']+)'/g)) {
    const [, kind, named = ''] = match;
    const stubs = kind === 'fromDirectory' ? [join(named, 'index.mjs'), join(named, 'main.py')] : [named];
    for (const stub of stubs.map((name) => join(dir, name))) {
      await mkdir(dirname(stub), { recursive: true });
      await writeFile(stub, kind === 'bundle' ? 'export const handler = () => 1;\n' : '# the code of an example\n');
    }
  }
  return { place: `${block.page}:${block.line}`, path, isStack: /export default (fib\.)?defineStack\(/.test(text) };
}

/** A whole module as it stands; anything else as part of a stack that holds what it names. */
function sourceOf({ page, code }: Block): string {
  const bare = page.startsWith('constructs/');
  const names = [...new Set(code.match(/\b(?:[A-Z]\w*|hot|cold|defineStack)\b/g))].filter((name) => BARE.has(name));
  const imports = [`import * as fib from 'fibonacci-faas';`, ...(bare && names.length > 0 ? [`import { ${names.join(', ')} } from 'fibonacci-faas';`] : [])];
  if (/^(import|export) /m.test(code)) return bare ? [...imports.slice(1), code].join('\n') : code;
  const uses = (name: string, text: string) => new RegExp(`\\b${name}\\b`).test(text) && !new RegExp(`const ${name}\\b`).test(code);
  const functions = Object.keys(WORLD).filter((name) => name !== 'stack' && uses(name, code));
  const made = code.includes('const stack =') ? [] : ['stack', ...functions];
  return [...imports, 'export default fib.defineStack((app, { env, config }) => {', ...made.map((name) => WORLD[name] ?? ''), code, '});', ''].join('\n');
}

const BARE = new Set(
  'Code Duration Function FunctionStack HttpTrigger Platform PodPool Runtime ScalingRule Secret Size TimerTrigger cold defineStack hot'.split(' '),
);
