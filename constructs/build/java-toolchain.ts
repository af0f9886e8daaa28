import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';

/** A JDK: a folder with `bin/java`, `bin/javac` and `bin/jar`. */
export interface Jdk {
  readonly home: string;
  /** Feature release: 25. */
  readonly version: number;
}

/** The oldest that functions may be compiled with and for. */
export const OLDEST_FUNCTION_JDK = 21;
/** The watcher's own: its virtual threads run on when a function synchronizes (JEP 491), and it calls the system without native code of its own (JEP 454). */
export const OLDEST_WATCHER_JDK = 25;

/** Folders that hold JDKs, one each. */
const SHELVES = ['/usr/lib/jvm', '/usr/java', '/opt/java', '/Library/Java/JavaVirtualMachines'];

/**
 * The newest JDK of this machine: of `JDK_HOME`, `JAVA_HOME`, PATH and the usual folders.
 * @throws PlatformError TOOLCHAIN_MISSING where none is as new as `oldest`
 */
export function findJdk(oldest: number, env: NodeJS.ProcessEnv = process.env): Jdk {
  const found = homes(env)
    .flatMap((home) => readJdk(home) ?? [])
    .sort((a, b) => b.version - a.version)[0];
  if (found && found.version >= oldest) return found;
  const seen = found ? `the newest that was found is ${found.version}, in ${found.home}` : 'none was found';
  throw new PlatformError(
    'TOOLCHAIN_MISSING',
    `Java functions need a JDK ${oldest} or newer, and ${seen}: install one from https://adoptium.net, or name its folder in JDK_HOME`,
  );
}

/** Runs a program of the JDK, or Maven. @throws PlatformError TOOLCHAIN_MISSING where it cannot be started */
export function runTool(
  command: string,
  args: readonly string[],
  { cwd, env = process.env }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): { readonly ok: boolean; readonly output: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 10 * 60_000, maxBuffer: 64 * 1024 * 1024 });
  if (error) throw new PlatformError('TOOLCHAIN_MISSING', `${command} cannot be run: ${error.message}`);
  return { ok: status === 0, output: `${stdout}${stderr}` };
}

/** Maven's program on PATH. @throws PlatformError TOOLCHAIN_MISSING */
export function findMaven(env: NodeJS.ProcessEnv = process.env): string {
  const found = onPath(env, 'mvn');
  if (found === undefined)
    throw new PlatformError(
      'TOOLCHAIN_MISSING',
      'Java functions need Maven, for their dependencies and the platform’s own: install it from https://maven.apache.org, and see that mvn is on PATH',
    );
  return found;
}

function homes(env: NodeJS.ProcessEnv): string[] {
  const named = [env['JDK_HOME'], env['JAVA_HOME']].filter((home): home is string => Boolean(home));
  const javac = onPath(env, 'javac');
  const shelved = SHELVES.filter((shelf) => existsSync(shelf)).flatMap((shelf) =>
    readdirSync(shelf).flatMap((name) => [join(shelf, name), join(shelf, name, 'Contents', 'Home')]),
  );
  return [...named, ...(javac === undefined ? [] : [dirname(dirname(realpathSync(javac)))]), ...shelved];
}

function readJdk(home: string): Jdk | undefined {
  try {
    if (!['java', 'javac', 'jar'].every((name) => existsSync(join(home, 'bin', name)))) return undefined;
    const version = /^JAVA_VERSION="(\d+)/m.exec(readFileSync(join(home, 'release'), 'utf8'))?.[1];
    return version === undefined ? undefined : { home: realpathSync(home), version: Number(version) };
  } catch {
    return undefined;
  }
}

function onPath(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file));
}
