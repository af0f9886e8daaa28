import { setTimeout as sleep } from 'node:timers/promises';
import { createProject, type Dev } from '../contract/cli-world/project.ts';
import type { Measure } from './measure.ts';

const SAVES = 30;
const BUDGET_MS = 300;

/** Modules that the bundled function imports. */
const MODULES = 100;

const codeOf = (text: string) => `export const handler = () => '${text}';\n`;
const stackOf = (code: string) => `import * as fib from 'fibonacci-faas';
export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'reload');
  const pool = new fib.PodPool(stack, 'pool', { runtime: fib.Runtime.NODEJS, min: 1, max: 4 });
  const hello = new fib.Function(stack, 'hello', { runtime: fib.Runtime.NODEJS, handler: 'index.handler', code: ${code}, deployment: fib.hot(pool) });
  new fib.HttpTrigger(stack, 'hello-http', { function: hello, path: '/hello' });
});`;

interface Reload {
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  /** What a save writes. */
  readonly edit: (text: string) => Readonly<Record<string, string>>;
}

const FOLDER: Reload = {
  what: 'folder',
  files: { 'stack.ts': stackOf("fib.Code.fromDirectory('./hello')"), 'hello/index.mjs': codeOf('v0') },
  edit: (text) => ({ 'hello/index.mjs': codeOf(text) }),
};

const wordOf = (text: string) => `export const word: string = '${text}';\n`;
/** About 2 KB of TypeScript. */
const moduleOf = (index: number) =>
  Array.from(
    { length: 20 },
    (_, line) => `export const value${index}of${line} = (name: string): string => name.repeat(${line}) + 'text of module ${index}';`,
  ).join('\n');
const BUNDLE: Reload = {
  what: `bundle of ${MODULES} modules`,
  files: {
    'stack.ts': stackOf("fib.Code.bundle('src/index.ts')"),
    'src/index.ts': [
      "import { word } from './word.ts';",
      ...Array.from({ length: MODULES }, (_, index) => `import * as m${index} from './m${index}.ts';`),
      `export const handler = (event: { query: { all?: string } }): unknown => (event.query.all ? [${Array.from({ length: MODULES }, (_, index) => `Object.keys(m${index})`).join(', ')}] : word);`,
    ].join('\n'),
    'src/word.ts': wordOf('v0'),
    ...Object.fromEntries(Array.from({ length: MODULES }, (_, index) => [`src/m${index}.ts`, moduleOf(index)])),
  },
  edit: (text) => ({ 'src/word.ts': wordOf(text) }),
};

/** From saving a function's file to the first answer by the new code, with requests going on all the time. */
export async function run(): Promise<Measure[]> {
  return [...(await measureReload(FOLDER)), ...(await measureReload(BUNDLE))];
}

async function measureReload({ what, files, edit }: Reload): Promise<Measure[]> {
  const project = await createProject(files);
  try {
    const dev = await project.dev();
    await (await dev.fetch('/hello')).text();
    const times: number[] = [];
    const lost = { count: 0 };
    for (let version = 1; version <= SAVES; version++) {
      await sleep(300);
      await project.write(edit(`v${version}`));
      times.push(await untilAnswered(dev, `v${version}`, lost));
    }
    times.sort((a, b) => a - b);
    return [
      measure(`save → new code answers, ${what}, p50`, quantile(times, 0.5), 'ms', BUDGET_MS),
      measure(`save → new code answers, ${what}, p95`, quantile(times, 0.95), 'ms', BUDGET_MS),
      measure(`requests lost in ${SAVES} saves, ${what}`, lost.count, 'requests', 0),
    ];
  } finally {
    await project.close();
  }
}

async function untilAnswered(dev: Dev, text: string, lost: { count: number }): Promise<number> {
  const begun = performance.now();
  while (performance.now() - begun < 10_000) {
    const response = await dev.fetch('/hello');
    const body = await response.text();
    if (!response.ok) lost.count++;
    if (body === text) break;
    await sleep(2);
  }
  return performance.now() - begun;
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.POSITIVE_INFINITY;
}

function measure(name: string, value: number, unit: string, budget: number): Measure {
  return { name, value: Math.round(value * 10) / 10, unit, budget, ok: value <= budget };
}
