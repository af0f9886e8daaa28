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
  /** `.ts` when run from sources, `.js` when compiled. */
  readonly ext: string;
  /** Absent or empty, as the following may be: there is none. */
  readonly python?: string;
  /** The Go watcher, compiled. */
  readonly goWatcher?: string;
  readonly java?: string;
  /** The Java watcher, compiled. */
  readonly javaWatcher?: string;
}

interface StartFile {
  /** Placeholders: the names of `RuntimePrograms`, and `{dir}`, the runtime's folder. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const PLACEHOLDER = /\{([a-zA-Z]+)\}/g;
/** What to do where a program is missing. */
const NEEDS: Readonly<Record<string, string>> = {
  python: 'no Python 3.10 or newer was found; install it, or name one in FIB_PYTHON',
  goWatcher: 'no Go 1.24 or newer was found; install it, or name a compiled watcher in FIB_GO_WATCHER',
  java: 'no JDK 25 or newer was found; install one, or name its java in FIB_JAVA',
  javaWatcher: 'no JDK 25 or newer was found; install one, or name a compiled watcher in FIB_JAVA_WATCHER',
};

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
  const values: Readonly<Record<string, string | undefined>> = { ...programs, dir };
  const names = [...parsed.command, ...Object.values(parsed.env ?? {})].flatMap((text) => [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name));
  const missing = Object.keys(NEEDS).find((name) => names.includes(name) && !values[name]);
  if (missing !== undefined) return { kind: 'unavailable', reason: `runtime ${runtime} is off: ${NEEDS[missing]}` };
  const fill = (text: string) => text.replaceAll(PLACEHOLDER, (whole, name: string) => values[name] ?? whole);
  const [command, ...args] = parsed.command.map(fill);
  if (command === undefined) return { kind: 'unavailable', reason: `runtime ${runtime} cannot be started: ${file} has an empty command` };
  const env = Object.fromEntries(Object.entries(parsed.env ?? {}).map(([name, value]) => [name, fill(value)]));
  return { kind: 'start', command, args, env };
}
