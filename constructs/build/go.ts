import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import type { PackageFile } from '../../protocol/package.ts';
import { describeBuildErrors } from './go-errors.ts';
import { parseHandler, type GoHandler } from './go-handler.ts';
import { checkGo, type GoToolchain } from './go-toolchain.ts';
import { writeWorkspace } from './go-workspace.ts';

export interface BuildGoOptions {
  /** Absolute; the folder of the function's module, which holds its go.mod. Nothing is written into it. */
  readonly directory: string;
  /** Those that the executable has: `<file without .go>.<Export>`, the file relative to `directory`. A function names one of them. */
  readonly handlers: readonly string[];
  /** The system that the function runs on: `linux` in a cluster. */
  readonly goos: string;
  /** Its processor, as Go names it: `amd64`, `arm64` … */
  readonly goarch: string;
  /** @default `go` on PATH */
  readonly go?: string;
  /** Folder of compiled packages, which makes the next build fast. @default Go's own */
  readonly cacheDir?: string;
}

/** The one file of a Go function's package: data comes into it with `//go:embed`. */
const EXECUTABLE = 'function';
const BUILD_LIMIT_MS = 10 * 60_000;

/**
 * Compiles a Go function: one static executable with the handlers and the platform's executor. Equal sources and toolchain give equal bytes, wherever they lie.
 * Modules that the function requires come from Go's module cache; the network is only used for those that are not there.
 *
 * @throws PlatformError TOOLCHAIN_MISSING without Go 1.24 or newer; CODE_INVALID for a missing go.mod, file or export, and for what the compiler refuses (`file:line:column: text`)
 */
export function buildGo(options: BuildGoOptions): readonly PackageFile[] {
  const directory = checkModule(options.directory);
  const handlers = options.handlers.map((handler) => parseHandler(directory, handler));
  const toolchain = checkGo(options.go ?? 'go', directory);
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'fib-go-'));
  try {
    return [{ path: EXECUTABLE, bytes: compile(options, { directory, handlers, toolchain, folder }) }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Build {
  readonly directory: string;
  readonly handlers: readonly GoHandler[];
  readonly toolchain: GoToolchain;
  /** Temporary; ours. */
  readonly folder: string;
}

function compile({ goos, goarch, cacheDir }: BuildGoOptions, build: Build): Buffer {
  const { directory, toolchain, folder } = build;
  const { workFile, overlayFile, program } = writeWorkspace(build);
  const output = join(folder, EXECUTABLE);
  const flags = ['-trimpath', '-buildvcs=false', '-ldflags=-s -w -buildid=', `-overlay=${overlayFile}`, '-o', output, `./${program}`];
  const env = {
    ...process.env,
    ...{ GO111MODULE: 'on', GOFLAGS: '', GOWORK: workFile, CGO_ENABLED: '0', GOOS: goos, GOARCH: goarch },
    ...(cacheDir === undefined ? {} : { GOCACHE: cacheDir }),
  };
  const { status, signal, stdout, stderr, error } = spawnSync(toolchain.go, ['build', ...flags], {
    cwd: directory,
    env,
    encoding: 'utf8',
    timeout: BUILD_LIMIT_MS,
  });
  if (error) throw new PlatformError('TOOLCHAIN_MISSING', `${toolchain.go} cannot be run: ${error.message}`, { cause: error });
  if (status !== 0) {
    const text = signal === null ? `${stdout}${stderr}` : `${stderr}\nthe compiler was ended by ${signal}`;
    throw describeBuildErrors(text, build, program);
  }
  return readFileSync(output);
}

/** The real path of the module's folder. */
function checkModule(directory: string): string {
  if (!existsSync(directory))
    throw invalid(directory, `the code folder ${directory} does not exist; correct the path, which starts from the stack file’s folder`);
  if (existsSync(join(directory, 'go.mod'))) return realpathSync(directory);
  const above = moduleAbove(directory);
  const wayOut =
    above === undefined
      ? `run there:\n  go mod init example.com/my-function\n  go mod tidy`
      : `name the module’s folder, ${above}, and let the handler begin there, or run here:\n  go mod init example.com/my-function\n  go mod tidy`;
  throw invalid(directory, `the code folder ${directory} has no go.mod; ${wayOut}`);
}

function moduleAbove(directory: string): string | undefined {
  for (let at = dirname(directory); at !== dirname(at); at = dirname(at)) if (existsSync(join(at, 'go.mod'))) return at;
  return undefined;
}

function invalid(file: string, message: string): PlatformError {
  return new PlatformError('CODE_INVALID', message, { details: { file } });
}
