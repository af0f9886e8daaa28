import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Runtime } from '../../protocol/schema/fields.ts';

/** How a runtime's watcher is started, from `<runtimesDir>/<runtime>/start.json`. */
export type RuntimeStart =
  | { readonly kind: 'start'; readonly command: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> }
  /** The runtime is off here; `reason` has the way out. */
  | { readonly kind: 'unavailable'; readonly reason: string };

export interface RuntimePrograms {
  readonly node: string;
  /** Empty: there is none. */
  readonly python: string;
  /** `.ts` when run from sources, `.js` when compiled. */
  readonly ext: string;
}

interface StartFile {
  /** Placeholders `{node}`, `{python}`, `{dir}` (the runtime's folder) and `{ext}`. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Reads a runtime's `start.json` and fills in its placeholders. */
export async function readRuntimeStart(runtimesDir: string, runtime: Runtime, programs: RuntimePrograms): Promise<RuntimeStart> {
  const dir = join(runtimesDir, runtime);
  const file = join(dir, 'start.json');
  let parsed: StartFile;
  try {
    parsed = JSON.parse(await readFile(file, 'utf8')) as StartFile;
  } catch (error) {
    return {
      kind: 'unavailable',
      reason: `runtime ${runtime} cannot be started: ${(error as Error).message}; set FIB_RUNTIMES_DIR to the folder that holds ${runtime}/start.json`,
    };
  }
  const texts = [...parsed.command, ...Object.values(parsed.env ?? {})];
  if (programs.python === '' && texts.some((text) => text.includes('{python}'))) {
    return { kind: 'unavailable', reason: `runtime ${runtime} is off: no Python 3.10 or newer was found; install it, or name one in FIB_PYTHON` };
  }
  const fill = (text: string) =>
    text.replaceAll('{node}', programs.node).replaceAll('{python}', programs.python).replaceAll('{dir}', dir).replaceAll('{ext}', programs.ext);
  const [command, ...args] = parsed.command.map(fill);
  if (command === undefined) return { kind: 'unavailable', reason: `runtime ${runtime} cannot be started: ${file} has an empty command` };
  const env = Object.fromEntries(Object.entries(parsed.env ?? {}).map(([name, value]) => [name, fill(value)]));
  return { kind: 'start', command, args, env };
}
