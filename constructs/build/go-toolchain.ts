import { spawnSync } from 'node:child_process';
import { PlatformError } from '../../protocol/errors.ts';

/** What is known of the Go that compiles. */
export interface GoToolchain {
  readonly go: string;
  /** Of Go 1.x. */
  readonly minor: number;
  /** `go1.26.8`. */
  readonly version: string;
  /** The go.work that holds for the function's folder; undefined without one. */
  readonly ownWorkspace: string | undefined;
}

const OLDEST_MINOR = 24;

/**
 * @param directory where the function is: Go versions and workspaces may differ from folder to folder
 * @throws PlatformError TOOLCHAIN_MISSING
 */
export function checkGo(go: string, directory: string): GoToolchain {
  const { status, stdout, stderr, error } = spawnSync(go, ['env', 'GOVERSION', 'GOWORK'], {
    cwd: directory,
    encoding: 'utf8',
    env: { ...process.env, GOFLAGS: '' },
  });
  if (error) throw missing(`${go} is not here (${error.message})`);
  const [version = '', workspace = ''] = stdout.split('\n');
  const minor = /^go1\.(\d+)/.exec(version)?.[1];
  if (status !== 0 || minor === undefined) throw missing(`${go} does not tell its version: ${stderr.trim()}`);
  if (Number(minor) < OLDEST_MINOR) throw missing(`${go} is ${version}`);
  return { go, minor: Number(minor), version, ownWorkspace: workspace === '' || workspace === 'off' ? undefined : workspace };
}

function missing(problem: string): PlatformError {
  return new PlatformError(
    'TOOLCHAIN_MISSING',
    `Go functions are compiled with Go 1.${OLDEST_MINOR} or newer, and ${problem}: install it from https://go.dev/dl, and see that it is on PATH`,
  );
}
