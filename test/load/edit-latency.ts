import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFreshLoader } from '../../constructs/load-fresh.ts';

const INDEX = new URL('../../constructs/index.ts', import.meta.url).href;

const stackOf = (functions: number, timeoutSeconds: number) => `import * as fib from ${JSON.stringify(INDEX)};
export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'fleet');
  for (let index = 0; index < ${functions}; index++) {
    const code = fib.Code.fromInline('// ' + index);
    const fn = new fib.Function(stack, 'fn-' + index, { runtime: 'nodejs', handler: 'index.handler', code, timeout: fib.Duration.seconds(${timeoutSeconds}) });
    new fib.HttpTrigger(stack, 'fn-' + index + '-http', { function: fn, path: '/fn/' + index });
  }
});`;

/** Milliseconds from a saved stack file to its objects, once for each edit, as in a `fib dev` that runs: the next thread gets ready between two edits. */
export async function editLatencies(functions: number, edits: number): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fib-edit-'));
  const file = join(folder, 'stack.ts');
  const loader = createFreshLoader();
  const times: number[] = [];
  try {
    for (let edit = 1; edit <= edits; edit++) {
      loader.prepare();
      await sleep(2000);
      writeFileSync(file, stackOf(functions, edit));
      const begun = performance.now();
      await loader.load(file);
      times.push(performance.now() - begun);
    }
    return times;
  } finally {
    await loader.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
